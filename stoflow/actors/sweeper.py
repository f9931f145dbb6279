"""The sweeper's thread: one per orchestrator, one at a time over all of them."""

import threading
from collections.abc import Callable

from stoflow.domain.errors import DatabaseError
from stoflow.domain.facts import Stumbled, database_failure
from stoflow.domain.ids import TenantId
from stoflow.jobs.sweep import Sweep
from stoflow.monitoring.record import record

LOOK_EVERY_S = 0.5  # for deaths and for tenants an actor asked for
JOIN_S = 10.0


class Sweeper:
    """Sweeps what actors ask for and everyone after a death at once, the next page of tenants every `every_s`."""

    def __init__(self, sweep: Sweep, *, every_s: float, on_swept: Callable[[], None]) -> None:
        self._sweep = sweep
        self._every_s = every_s
        self._on_swept = on_swept
        self._asked: set[TenantId] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)

    def soon(self, tenant: TenantId) -> None:
        """Sweep this tenant within a second: a deadline of it has passed."""
        with self._lock:
            self._asked.add(tenant)

    def _run(self) -> None:
        since_page_s = self._every_s
        while not self._stopping.wait(LOOK_EVERY_S):
            since_page_s += LOOK_EVERY_S
            try:
                self._turn(page=since_page_s >= self._every_s)
            except DatabaseError as error:
                record(database_failure("sweeping", error))
            except Exception as error:  # noqa: BLE001 - without this thread nothing lost would be found again
                record(Stumbled("sweeping", f"{type(error).__name__}: {error}"))
            if since_page_s >= self._every_s:
                since_page_s = 0.0

    def _turn(self, *, page: bool) -> None:
        if self._sweep.bury():
            self._sweep.everyone()
        with self._lock:
            asked, self._asked = self._asked, set()
        if asked:
            self._sweep.tenants(sorted(asked))
        if page:  # in any case: whoever asks all the time may not keep the others from their turn
            self._sweep.next_page()
        if asked or page:
            self._on_swept()

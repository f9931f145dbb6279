"""The sweeper's thread: one per orchestrator, one at a time over all of them."""

import threading
from collections.abc import Callable

from stoflow.domain.ids import TenantId
from stoflow.upkeep.sweep import Sweep
from stoflow.upkeep.ticking import Ticking

LOOK_EVERY_S = 0.5  # for deaths and for tenants an actor asked for


class Sweeper:
    """Sweeps what actors ask for and everyone after a death at once, the next page of tenants every `every_s`."""

    def __init__(self, sweep: Sweep, *, every_s: float, on_swept: Callable[[], None]) -> None:
        self._sweep = sweep
        self._every_s = every_s
        self._on_swept = on_swept
        self._asked: set[TenantId] = set()
        self._lock = threading.Lock()
        self._since_page_s = every_s
        self._ticking = Ticking("sweeper", self._turn, every_s=LOOK_EVERY_S, doing="sweeping")

    def start(self) -> None:
        self._ticking.start()

    def stop(self) -> None:
        self._ticking.stop()

    def soon(self, tenant: TenantId) -> None:
        """Sweep this tenant within a second: a deadline of it has passed."""
        with self._lock:
            self._asked.add(tenant)

    def _turn(self) -> None:
        self._since_page_s += LOOK_EVERY_S
        page = self._since_page_s >= self._every_s
        if page:
            self._since_page_s = 0.0
        if self._sweep.mark_dead():
            self._sweep.everyone()
        with self._lock:
            asked, self._asked = self._asked, set()
        if asked:
            self._sweep.tenants(sorted(asked))
        if page:  # in any case: whoever asks all the time may not keep the others from their turn
            self._sweep.next_page()
        if asked or page:
            self._on_swept()

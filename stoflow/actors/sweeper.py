"""The sweeper's thread: one per orchestrator, one at a time over all of them."""

import threading
import time
from collections.abc import Callable

from stoflow.domain.ids import TenantId
from stoflow.upkeep.sweep import Sweep
from stoflow.upkeep.ticking import Ticking

LOOK_EVERY_S = 0.5  # for deaths and for tenants an actor asked for
REST_S = 2.0  # without a tenant nobody waits for what a dead process has left


class Sweeper:
    """Sweeps what actors ask for and everyone after a death at once, the next page of tenants every `every_s`.

    It looks for deaths less often while it `rests`, until it is woken. `on_swept` is called after a sweep, and told
    whether somebody died.
    """

    def __init__(
        self, sweep: Sweep, *, every_s: float, on_swept: Callable[[bool], None], rests: Callable[[], bool]
    ) -> None:
        self._sweep = sweep
        self._rests = rests
        self._every_s = every_s
        self._on_swept = on_swept
        self._asked: set[TenantId] = set()
        self._lock = threading.Lock()
        self._page_at_s = 0.0
        self._died = False  # somebody, and not everyone was swept since
        self._ticking = Ticking("sweeper", self._turn, every_s=LOOK_EVERY_S, idle_s=REST_S, doing="sweeping")

    def start(self) -> None:
        self._ticking.start()

    def stop(self) -> None:
        self._ticking.stop()

    def soon(self, tenant: TenantId) -> None:
        """Sweep this tenant within a second: a deadline of it has passed."""
        with self._lock:
            self._asked.add(tenant)
        self.wake()

    def wake(self) -> None:
        """End its rest."""
        self._ticking.wake()

    def _turn(self) -> bool:
        """Return whether the next look is soon."""
        page = time.monotonic() >= self._page_at_s
        if page:
            self._page_at_s = time.monotonic() + self._every_s
        died = self._died = self._sweep.mark_dead() or self._died
        if died and self._sweep.everyone():
            self._died = False
        with self._lock:
            asked, self._asked = self._asked, set()
        if asked:
            self._sweep.tenants(sorted(asked))
        if page:  # in any case: whoever asks all the time may not keep the others from their turn
            self._sweep.next_page()
        if asked or page or died:
            self._on_swept(died)
        return bool(asked) or died or not self._rests()

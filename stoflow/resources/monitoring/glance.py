"""One look at the installation for all who watch: read again when it is old, and in a small share of the time."""

import threading
import time
from collections.abc import Callable

from stoflow.domain.ids import TenantId
from stoflow.resources.monitoring.causes import Seen
from stoflow.resources.monitoring.snapshot import Snapshot, Watches, look, seen_by, snapshot_of

GOOD_FOR_S = 0.8  # less than those who watch wait between two looks
SHARE = 20  # times as long as it kept the processor, a look is good at least


class Glance:
    """Of one process. Whoever asks while another one looks waits for what that one sees.

    `clock` counts seconds, `work` those that this thread has had of the processor.
    """

    def __init__(
        self,
        needs: Watches,
        clock: Callable[[], float] = time.monotonic,
        work: Callable[[], float] = time.thread_time,
    ) -> None:
        self._needs = needs
        self._clock = clock
        self._work = work
        self._lock = threading.Lock()
        self._seen: Seen | None = None
        self._good_until_s = 0.0

    def snapshot(self, tenant: TenantId | None) -> Snapshot:
        """Return how it is, of one tenant only where one is given; raise DatabaseError where PostgreSQL is away."""
        seen = self.look()
        return snapshot_of(seen if tenant is None else seen_by(seen, tenant), tenant)

    def look(self) -> Seen:
        """Return what is seen of all, nothing of it judged."""
        with self._lock:
            if self._seen is None or self._clock() >= self._good_until_s:
                begun_s = self._work()
                self._seen = look(self._needs.watching)
                self._good_until_s = self._clock() + max(GOOD_FOR_S, SHARE * (self._work() - begun_s))
            return self._seen

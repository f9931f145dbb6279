"""One look at the installation for all who watch: read again when it is old, and in a small share of the time."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from stoflow.domain.ids import TenantId
from stoflow.resources.monitoring.causes import Seen
from stoflow.resources.monitoring.snapshot import Snapshot, Watches, look, seen_by, snapshot_of

GOOD_FOR_S = 0.6  # less than those who watch wait between two looks
SHARE = 14  # times as long as it kept the processor, a look is good at least
NEWEST = 0.2  # how much the last one counts in what is usual


class Rest:
    """How long one rests after work, so that it takes no more than one part in `share` of the time.

    By what it took lately: one turn in which Python's collector went through everything is paid back over the next
    ones, and makes none of them late.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._usual_s = 0.0

    def after(self, work_s: float) -> float:
        """Return it in seconds, after so much of the processor was used."""
        self._usual_s += NEWEST * (work_s - self._usual_s)
        return self._share * self._usual_s


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
        self._rest = Rest(SHARE)
        self._kept_by: int | None = None  # a thread

    def snapshot(self, tenant: TenantId | None) -> Snapshot:
        """Return how it is, of one tenant only where one is given; raise DatabaseError where PostgreSQL is away."""
        seen = self.look()
        return snapshot_of(seen if tenant is None else seen_by(seen, tenant), tenant)

    @contextmanager
    def keeping(self) -> Generator[None]:
        """Let all that this thread does meanwhile be of one look: what is made of it is no work of looking."""
        self.look()
        self._kept_by = threading.get_ident()
        try:
            yield
        finally:
            self._kept_by = None

    def look(self) -> Seen:
        """Return what is seen of all, nothing of it judged."""
        with self._lock:
            is_kept = self._kept_by == threading.get_ident()
            if self._seen is None or (self._clock() >= self._good_until_s and not is_kept):
                begun_s = self._work()
                self._seen = look(self._needs.watching)
                self._good_until_s = self._clock() + max(GOOD_FOR_S, self._rest.after(self._work() - begun_s))
            return self._seen

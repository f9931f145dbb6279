"""What a supervisor knows of its tenant by pages: the one that was read last, and whether another is awaited."""

from collections.abc import Callable

from stoflow.domain.ids import JobId
from stoflow.storage.engine.reads.queue import QueuedJob, QueuePage


class Paging:
    """One page at a time is awaited; who wants another meanwhile has it read once more behind it.

    A page asked for `at_leisure` is read when nobody else wants anything. Whoever wants one sooner asks for another in
    its stead, and it is not believed any more: it may say what was.
    """

    def __init__(self, ask: Callable[[bool], None]) -> None:
        """`ask` has a page read, and is told whether at leisure."""
        self._ask = ask
        self._known: QueuePage | None = None
        self._awaits = False
        self._at_leisure = False
        self._stale = False
        self._ended: set[JobId] = set()  # since the page was asked for, which may show them under way

    @property
    def known(self) -> QueuePage | None:
        """The page that was read last."""
        return self._known

    @property
    def awaits(self) -> bool:
        return self._awaits

    @property
    def knows_nothing_yet(self) -> bool:
        """Whether none was read, and the first one is on its way."""
        return self._known is None and self._awaits

    def load(self, *, at_leisure: bool = False) -> None:
        """Ask for a page."""
        if self._awaits and not self._at_leisure:
            self._stale = True
            return
        self._awaits, self._at_leisure, self._ended = True, at_leisure, set()
        self._ask(at_leisure)

    def load_first(self) -> None:
        """Ask for a page where none was read: what is known by announcements alone is nothing of a tenant's places."""
        if self._known is None and (self._at_leisure or not self._awaits):
            self.load()

    def load_again(self) -> None:
        """Ask for another where the one that was read is stale."""
        if self._stale:
            self._stale = False
            self.load()

    def take(self, page: QueuePage, *, at_leisure: bool) -> tuple[QueuedJob, ...] | None:
        """Know this page; return its jobs that have not ended since, None where another was asked for in its stead."""
        if at_leisure and not self._at_leisure:
            return None
        self._awaits = self._at_leisure = False
        self._known = page
        return tuple(job for job in page.jobs if job.id not in self._ended)

    def note_end(self, job: JobId) -> None:
        """Believe no page that was asked for before that this job is under way."""
        if self._awaits:
            self._ended.add(job)

    def begin_release(self) -> None:
        """Let pages wait until it is known whether the tenant is let go."""
        self._awaits = True

    def end_release(self) -> None:
        self._awaits = False

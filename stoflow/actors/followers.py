"""Jobs that wait for another one of their product, and those that another one waits for."""

from collections.abc import Collection, Iterator

from stoflow.domain.ids import JobId
from stoflow.storage.engine.reads.queue import QueuedJob

Line = tuple[str, int | None]  # a marketplace, and a product there


class Followers:
    """Of each product only the job accepted first may begin when another one has ended."""

    def __init__(self) -> None:
        self._behind: dict[JobId, Line] = {}
        self._lines: dict[Line, set[JobId]] = {}
        self._followed: set[JobId] = set()  # jobs whose end lets another one begin, which may be in PostgreSQL only

    def note(self, job: QueuedJob) -> None:
        """Note where the job stands, as it was read."""
        if job.behind:
            line = self._behind[job.id] = (job.marketplace, job.product)
            self._lines.setdefault(line, set()).add(job.id)
        elif (left := self._behind.pop(job.id, None)) is not None:
            self._lines[left].discard(job.id)
            if not self._lines[left]:
                del self._lines[left]
        if job.followed:
            self._followed.add(job.id)

    def any_of(self, marketplace: str, product: int) -> bool:
        """Whether a job of the product waits there for another one."""
        return (marketplace, product) in self._lines

    def next_of(self, lines: set[Line]) -> Iterator[JobId]:
        """Yield the jobs that may begin now that others of their lines have ended."""
        for line in lines & self._lines.keys():
            yield min(self._lines[line])

    def end(self, jobs: Collection[JobId]) -> bool:
        """Forget jobs that have ended; return whether others waited for them."""
        followed = self._followed.intersection(jobs)
        self._followed -= followed
        return bool(followed)

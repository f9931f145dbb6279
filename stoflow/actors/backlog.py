"""What waits at one marketplace of a tenant for room there: the most urgent job first, each of them once."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from stoflow.domain.ids import JobId
from stoflow.storage.engine.reads.queue import QueuedJob


class Backlog:
    """Holds at most `most` jobs: the others stay in PostgreSQL until these have gone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._order: list[tuple[int, JobId]] = []
        self._jobs: dict[JobId, QueuedJob] = {}

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[JobId]:
        return iter(self._jobs)

    def __contains__(self, job: JobId) -> bool:
        return job in self._jobs

    @property
    def jobs(self) -> Iterable[QueuedJob]:
        return self._jobs.values()

    def put(self, job: QueuedJob) -> bool:
        """Take the job in, or take it as it stands now; return False where the least urgent one had to be left out."""
        self.remove(job.id)
        insort(self._order, (job.priority, job.id))
        self._jobs[job.id] = job
        if len(self._jobs) <= self._most:
            return True
        self.remove(self._order[-1][1])
        return False

    def take(self) -> QueuedJob | None:
        """Return the most urgent job, which waits here no longer; None where none waits."""
        return self.remove(self._order[0][1]) if self._order else None

    def remove(self, job: JobId) -> QueuedJob | None:
        """Let the job wait here no longer; return it as it stood, None where it did not wait."""
        known = self._jobs.pop(job, None)
        if known is not None:
            del self._order[bisect_left(self._order, (known.priority, job))]
        return known

"""One marketplace of a tenant, as its supervisor sees it."""

from typing import Any

import pykka

from stoflow.actors.backlog import Backlog
from stoflow.actors.news import Take
from stoflow.actors.timers import tell
from stoflow.domain.ids import JobId
from stoflow.storage.engine.reads.queue import QueuedJob

LOW = 8  # fewer queued than this, and more in PostgreSQL: read the next page


class Branch:
    """The marketplace's actor, what waits for it, what it holds and how much it has room for."""

    def __init__(self, actor: pykka.ActorRef[Any], queue: Backlog) -> None:
        self.actor = actor
        self.queue = queue
        self.held: dict[JobId, int | None] = {}  # by job: its product
        self.room = 0

    @property
    def is_idle(self) -> bool:
        return not self.held and not self.queue

    @property
    def runs_low(self) -> bool:
        return len(self.queue) < LOW

    @property
    def known(self) -> list[JobId]:
        return [*self.held, *self.queue]

    def has(self, job: JobId) -> bool:
        return job in self.held or job in self.queue

    def concerns(self, product: int) -> bool:
        """Whether a job of the product waits here, or is under way."""
        return product in self.held.values() or any(job.product == product for job in self.queue.jobs)

    def hold(self, job: QueuedJob) -> None:
        """Hand over a job that is running already, whether there is room or not."""
        self.held[job.id] = job.product
        tell(self.actor, Take((job,)))

    def serve(self) -> None:
        """Hand over the most urgent jobs that there is room for."""
        handed: list[QueuedJob] = []
        while self.room > 0 and (job := self.queue.take()) is not None:
            self.held[job.id] = job.product
            self.room -= 1
            handed.append(job)
        if handed:
            tell(self.actor, Take(tuple(handed)))

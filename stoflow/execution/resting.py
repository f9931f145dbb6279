"""Whether a marketplace told with its answers that it wants no call for a while: the next one waits, or is not made."""

import time

from stoflow.domain.call import Reply
from stoflow.domain.errors import MarketplaceResting
from stoflow.execution.engine import Engine
from stoflow.marketplaces.replies import bounded_s
from stoflow.storage.engine.connection_state import rest
from stoflow.storage.engine.reads.workers import StoredJob
from stoflow.storage.engine.statement import Statement

SHORTEST_REST_S = 1.0  # what is over sooner than that is over before the next job begins


class Resting:
    """What the replies of one conversation told, by the monotonic clock."""

    def __init__(self, engine: Engine, job: StoredJob) -> None:
        self._job = job
        self._scaled_s = engine.tempo.scaled_s
        self._rest_s = engine.registry.marketplace(job.marketplace).rest_s
        self._until_s = 0.0

    def hear(self, reply: Reply) -> None:
        told_s = self._rest_s(reply) if self._rest_s else None
        within_s = None if told_s is None else bounded_s(told_s)
        if within_s is not None and within_s >= SHORTEST_REST_S:
            self._until_s = max(self._until_s, time.monotonic() + self._scaled_s(within_s))

    def wait(self, deadline_s: float) -> None:
        """Wait before the conversation's next call; where that takes longer than it may, the call is not made."""
        if self._until_s >= deadline_s:
            raise MarketplaceResting
        time.sleep(self.left_s)

    @property
    def left_s(self) -> float:
        return max(0.0, self._until_s - time.monotonic())

    def kept(self) -> tuple[Statement[bool], ...]:
        """Return what keeps every other call from being made meanwhile, nothing where none is asked for."""
        job, left_s = self._job, self.left_s
        return (rest(job.tenant, job.marketplace, job.account.external_id, left_s),) if left_s else ()

"""A batch: many jobs asked for together, and where they stand as the database counts them."""

from dataclasses import dataclass
from enum import StrEnum


class BatchStatus(StrEnum):
    """Where a batch stands; the last four are final, unless a retry sets jobs of it going again."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    PARTIALLY_FAILED = "partially_failed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Progress:
    """How many jobs of a batch are in each state."""

    total: int
    pending: int
    running: int
    completed: int
    failed: int
    cancelled: int
    expired: int

    @property
    def percent(self) -> int:
        """How many in a hundred have come to an end, of whatever kind; 100 only where all have."""
        ended = self.completed + self.failed + self.cancelled + self.expired
        return 100 * ended // self.total if self.total else 100

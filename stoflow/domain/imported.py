"""An import of a file of products, as it is asked for and as far as it is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ImportStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"  # whatever became of each row
    FAILED = "failed"  # the file as a whole cannot be read


@dataclass(frozen=True, slots=True)
class FileReading:
    """What whoever gives a file says of it, as the options of the command do."""

    map: str = ""
    group_by: str = ""
    currency: str = ""
    decimal: str = ""


@dataclass(frozen=True, slots=True)
class ImportView:
    """`rows` are the products and rejected rows read so far; `reason` says why it failed."""

    id: int
    status: ImportStatus
    rows: int
    imported: int
    rejected: int
    reason: str
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was not taken, with the number that the next page is asked for after."""

    id: int
    line: int
    reason: str
    field: str
    column: str
    value: str

"""Files as they were sent: not yet looked at."""

from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file by the name that its sender gave it; `content` is read once, from its start."""

    name: str
    content: BinaryIO

"""What an orchestrator is made of, as whoever watches over it sees it."""

from typing import Protocol


class Part(Protocol):
    """What has threads of its own."""

    @property
    def is_alive(self) -> bool: ...

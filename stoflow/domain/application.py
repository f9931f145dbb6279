"""That a marketplace refuses StoFlow's own application, whoever the seller is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    """What was refused; an answer over another one does not say that it is over."""

    CALLS = "calls"
    TOKENS = "tokens"
    QUOTA = "quota"  # the application's calls of a day are used up


@dataclass(frozen=True, slots=True)
class Refusal:
    """`detail` is what the marketplace said; `after_s` is the wait that it named, None where it named none."""

    channel: Channel
    detail: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class StandingRefusal:
    """`due_in_s` is how long until one call may find out whether it is over, 0 or less where one may now."""

    channel: Channel
    due_in_s: float

    @property
    def holds(self) -> bool:
        return self.due_in_s > 0


@dataclass(frozen=True, slots=True)
class RefusalMark:
    """That it stands, as sellers are told: since when, and what the marketplace said, as far as that is known."""

    since: str = "now"
    detail: str = ""
    channel: Channel = Channel.CALLS


@dataclass(frozen=True, slots=True)
class RefusalView:
    """A refusal that stands, as operators see it."""

    marketplace: str
    channel: Channel
    detail: str
    since: datetime
    refused_at: datetime
    tries: int
    next_try: datetime

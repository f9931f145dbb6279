"""How a marketplace is asked how many calls it still takes from the application."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from stoflow.domain.call import Reply, Request


@dataclass(frozen=True, slots=True)
class CallLimit:
    """How many calls of a part of an API are left until it is reset; None for what the marketplace does not say."""

    api: str
    resource: str
    limit: int | None
    remaining: int | None
    window_s: int | None
    reset: datetime | None


@dataclass(frozen=True, slots=True)
class CallsLeft:
    """What a reply says of its own accord: how many calls are left in a window of so many seconds, and of how many."""

    window: str  # a word for it, one of few
    window_s: float
    left: int
    most: int | None


@dataclass(frozen=True, slots=True)
class CallLimits:
    """The application itself asks, with a token of `scope`; no seller is concerned.

    `limits_in` reads the answer; it raises MarketplaceError where the marketplace does not say.
    """

    scope: str
    request: Callable[[], Request]
    limits_in: Callable[[Reply], tuple[CallLimit, ...]]

"""One turn of the pages that are looked at: which of them may be others now, and which of those are made first."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Final

from stoflow.domain.errors import DatabaseError
from stoflow.http.facts import BackgroundLoopFailed
from stoflow.http.pages.monitoring.page import Page, Pulse, Shown
from stoflow.http.pages.monitoring.rendering import render_parts
from stoflow.http.rest.streams import Stream
from stoflow.monitoring.record import record
from stoflow.resources.monitoring.glance import Glance

SETTLED_S: Final = 3.0  # after it moved: what belongs to a change is not all written at once
LATE_S: Final = 3.0  # which nobody who looks should wait
CHEAPEST_S: Final = 0.001
STANDING: Final = "standing"  # names the part that says whether the page is up to date
AWAY: Final = "PostgreSQL does not answer: what is shown is how it was."
BROKEN: Final = "This page cannot be brought up to date: see the log of the api."


@dataclass(slots=True, eq=False)
class Watched:
    """A page that somebody looks at. `told` and `streams` are the event loop's, the rest belongs to who makes pages;
    but that it is to be made anew, by taking away its `mark`, anybody may say.

    `moved_at` is when its pulse was another last, `made_at` when it was made, by the monotonic clock.
    """

    page: Page
    shown: Shown
    told: dict[str, str] = field(default_factory=dict[str, str])
    streams: set[Stream] = field(default_factory=set[Stream])
    mark: str | None = None
    moved_at: float = 0.0
    made_at: float = float("-inf")
    cost_s: float = CHEAPEST_S

    def may_be_another(self, pulse: Pulse | None, now: float) -> bool:
        """Return whether it is to be made, by what its pulse is now, None where it has none."""
        mark, rest_s = (pulse.mark, pulse.rest_s) if pulse else (None, 0.0)
        if mark != self.mark:
            self.mark, self.moved_at = mark, now
        is_settled = self.made_at >= self.moved_at + SETTLED_S
        return now - self.made_at >= max(self.page.every_s, rest_s if is_settled else 0.0)

    def urgency(self, now: float) -> float:
        """Return how much sooner than others it is made: for how many, for how little, and how old it is."""
        return (now - self.made_at) * max(1, len(self.streams)) / self.cost_s

    def make(self, now: float) -> Mapping[str, str]:
        """Return its parts, or what is said where they cannot be made: others are made all the same."""
        begun_s = time.thread_time()
        parts = _parts(self.page, self.shown)
        self.made_at, self.cost_s = now, max(CHEAPEST_S, time.thread_time() - begun_s)
        return parts


@dataclass(frozen=True, slots=True)
class Turn:
    """Which pages were made, their parts, and how long that kept the processor."""

    made: Sequence[tuple[Watched, Mapping[str, str]]]
    work_s: float


def make_turn(glance: Glance, several: Sequence[Watched], within_s: float) -> Turn:
    """Make those that may be others, the most urgent first, as far as so much of the processor is enough for them; a
    dear one that waited long is made as long as anything is left."""
    with ExitStack() as stack:
        with suppress(DatabaseError):  # which each page says
            stack.enter_context(glance.keeping())  # in a share of the time that is its own
        begun_s, now = time.thread_time(), time.monotonic()
        made = list(_made(several, now, lambda: within_s - (time.thread_time() - begun_s)))
        return Turn(made, time.thread_time() - begun_s)


def _made(
    several: Sequence[Watched], now: float, left_s: Callable[[], float]
) -> Iterator[tuple[Watched, Mapping[str, str]]]:
    pulses = zip(several, _pulses(several), strict=True)
    due = [each for each, pulse in pulses if each.may_be_another(pulse, now)]
    order = sorted(due, key=lambda each: each.urgency(now), reverse=True)
    for number, each in enumerate(order):
        has_waited = now - each.made_at > LATE_S and left_s() > 0
        if number == 0 or has_waited or each.cost_s <= left_s():
            yield each, each.make(now)


def _pulses(several: Sequence[Watched]) -> Sequence[Pulse | None]:
    """Return the pulse of each, None where its page has none or PostgreSQL is away."""
    found: dict[Watched, Pulse] = {}
    for page in {each.page.path: each.page for each in several}.values():
        alike = [each for each in several if each.page.path == page.path]
        with suppress(DatabaseError):
            told = page.pulses([each.shown for each in alike]) if page.pulses else ()
            found |= zip(alike, told, strict=False)
    return [found.get(each) for each in several]


def _parts(page: Page, shown: Shown) -> Mapping[str, str]:
    try:
        return {**render_parts(page, (page.changing or page.show)(shown)), STANDING: ""}
    except DatabaseError:
        return {STANDING: AWAY}
    except Exception as error:  # noqa: BLE001 - one page's fault must not stand in the way of another's
        record(BackgroundLoopFailed.of("pages", error))
        return {STANDING: BROKEN}

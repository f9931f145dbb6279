"""What one process knows and shows of itself: kept in memory, so that Redis may forget it at any time."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stoflow.domain.facts.accounts import SealedSecretUnreadable
from stoflow.domain.facts.outages import (
    MarketplaceOutageBegan,
    MarketplaceOutageEnded,
    ServerOutageBegan,
    ServerOutageEnded,
)
from stoflow.domain.facts.work import CallsLeftTold, JobCompleted, JobFailed
from stoflow.monitoring.live.series import increments
from stoflow.monitoring.live.sliding import OF_MARKETPLACE, OF_PLACE, Tally
from stoflow.monitoring.logs import Fact

PlaceKey = tuple[int, str]
"""A tenant and a marketplace."""

RELAPSE_S = 5.0

EVERYBODY = 0
"""In the place of a tenant: all of them."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be written: the JSON of a place, None where it has ended."""

    places: Mapping[PlaceKey, str | None] = field(default_factory=dict[PlaceKey, "str | None"])
    ended: Mapping[PlaceKey, str | None] = field(default_factory=dict[PlaceKey, "str | None"])
    counts: Mapping[str, float] = field(default_factory=dict[str, float])


class Board:
    """Told by facts, and by who shows places; `stirred` is set while something is there to be written.

    `process` has what is evaluated each time the process itself is written, `before_writing` is called before that.
    """

    def __init__(self, kind: str, *, clock: Callable[[], float] = time.time) -> None:
        self.stirred = threading.Event()
        self.process: dict[str, Callable[[], Any]] = {
            "kind": lambda: kind,
            "at": clock,
            "outages": self._outages_now,
            "calls_left": self._calls_left_now,
            "unopened": lambda: len(self._unopened),
        }
        self.before_writing: Callable[[], None] = lambda: None
        self._clock = clock
        self._lock = threading.Lock()
        self._places: dict[PlaceKey, dict[str, Any]] = {}
        self._tallies: dict[PlaceKey, Tally] = {}
        self._changed: set[PlaceKey] = set()
        self._ended: set[PlaceKey] = set()
        self._counts: Counter[str] = Counter()
        self._outages: dict[str, dict[str, Any]] = {}
        self._unopened: set[PlaceKey] = set()  # for as long as this process lives: it has no other keys until then
        self._calls_left: dict[tuple[str, str], Mapping[str, Any]] = {}  # by marketplace and window

    def stir(self) -> None:
        if not self.stirred.is_set():
            self.stirred.set()

    def hear(self, fact: Fact) -> None:
        """Take from a fact what is shown of it."""
        with self._lock:
            for series, amount in increments(fact):
                self._counts[series] += amount  # pyright: ignore[reportArgumentType] - seconds are no whole numbers
            match fact:
                case JobCompleted():
                    self._tally((fact.tenant, fact.marketplace), failed=False)
                case JobFailed():
                    self._tally((fact.tenant, fact.marketplace), failed=True)
                case MarketplaceOutageBegan() | ServerOutageBegan() | MarketplaceOutageEnded() | ServerOutageEnded():
                    self._note_outage(fact)
                case SealedSecretUnreadable():
                    self._unopened.add((fact.tenant, fact.marketplace))
                case CallsLeftTold():
                    self._note_calls_left(fact)
                case _:
                    pass
        self.stir()

    def show(self, place: PlaceKey, part: str, value: Mapping[str, Any] | None) -> None:
        """Show a part of what is known of a place; None takes it away."""
        with self._lock:
            known = self._places.get(place, {})
            if known.get(part) == value:
                return
            self._places[place] = {**known, part: value}
            if value is None:
                del self._places[place][part]
            if not self._places[place]:
                del self._places[place]
            self._changed.add(place)
        self.stir()

    def hide(self, place: PlaceKey) -> None:
        """Take all of a place away."""
        with self._lock:
            if self._places.pop(place, None) is not None:
                self._changed.add(place)
        self.stir()

    def take_changes(self, *, everything: bool = False) -> Changes:
        """Return what has changed since it was taken last, or all that there is."""
        with self._lock:
            self._forget_what_is_over()
            if everything:
                self._changed.update(self._places)
                self._ended.update(self._tallies)
            changed, self._changed = self._changed, set()
            ended, self._ended = self._ended, set()
            counts, self._counts = self._counts, Counter()
            places = {key: self._place_json(key) for key in changed}
            return Changes(places, {key: self._tally_json(key) for key in ended}, counts)

    def give_back(self, changes: Changes) -> None:
        """Take back what could not be written, for the next time."""
        with self._lock:
            self._changed.update(changes.places)
            self._ended.update(changes.ended)
            self._counts.update(changes.counts)  # pyright: ignore[reportArgumentType, reportCallIssue] - as above

    def written(self) -> str:
        """Return the JSON of the process itself."""
        return json.dumps({name: value() for name, value in self.process.items()})

    def _tally(self, place: PlaceKey, *, failed: bool) -> None:
        for key, periods in ((place, OF_PLACE), ((EVERYBODY, place[1]), OF_MARKETPLACE)):
            if key not in self._tallies:
                self._tallies[key] = Tally(periods)
            self._tallies[key].add(self._clock(), failed=failed)
            self._ended.add(key)

    def _note_outage(
        self, fact: MarketplaceOutageBegan | MarketplaceOutageEnded | ServerOutageBegan | ServerOutageEnded
    ) -> None:
        of = fact.server if isinstance(fact, ServerOutageBegan | ServerOutageEnded) else fact.marketplace
        now_s = self._clock()
        before = self._outages.get(of, {"since": now_s})
        if isinstance(fact, MarketplaceOutageBegan | ServerOutageBegan):
            # A server that refuses some of what is asked of it answers again and again: that is one outage.
            since = before["since"] if now_s - before.get("until", 0.0) <= RELAPSE_S else now_s
            advice = fact.advice if isinstance(fact, ServerOutageBegan) else ""
            why = {"reason": fact.reason, "advice": advice}
            self._outages[of] = {"since": since, "until": now_s, **why, "lasted_s": None}
        else:
            self._outages[of] = {**before, "until": now_s, "lasted_s": max(fact.lasted_s, now_s - before["since"])}

    def _note_calls_left(self, fact: CallsLeftTold) -> None:
        now_s = self._clock()
        self._calls_left[fact.marketplace, fact.window] = {
            "marketplace": fact.marketplace,
            "window": fact.window,
            "left": fact.left,
            "most": fact.most,
            "at": now_s,
            "until": now_s + fact.window_s,
        }

    def _calls_left_now(self) -> Sequence[Mapping[str, Any]]:
        with self._lock:
            return list(self._calls_left.values())

    def _outages_now(self) -> Mapping[str, Any]:
        with self._lock:
            return dict(self._outages)

    def _forget_what_is_over(self) -> None:
        now_s = self._clock()
        for key in [key for key, tally in self._tallies.items() if tally.is_over(now_s)]:
            del self._tallies[key]
            self._ended.add(key)

    def _place_json(self, key: PlaceKey) -> str | None:
        return json.dumps(self._places[key]) if self._places.get(key) else None

    def _tally_json(self, key: PlaceKey) -> str | None:
        return json.dumps(self._tallies[key].by_period) if key in self._tallies else None

    def outages_since(self) -> Mapping[str, float]:
        """Return what does not answer this process now, and since when."""
        return {of: outage["since"] for of, outage in self._outages_now().items() if outage["lasted_s"] is None}

    def places(self) -> Iterator[PlaceKey]:
        """Yield the places that are shown."""
        with self._lock:
            known = list(self._places)
        yield from known

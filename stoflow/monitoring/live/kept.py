"""What a reader keeps of its last look, so that of thousands of places only those are made anew that changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, Final

from stoflow.monitoring.live.board import EVERYBODY
from stoflow.monitoring.live.place import NOTHING, LivePlace, Tallies, place_of
from stoflow.monitoring.live.sliding import Told, told_of

UNKNOWN: Final = -1
OF_EVERYBODY: Final = f"{EVERYBODY}:"

Texts = Mapping[str, bytes | None]
"""JSON by field; None where there is none any more."""


@dataclass(slots=True)
class KeptProcess:
    """What one process told of places, by field, up to its writing of this number; UNKNOWN: all is to be read.

    `has_ended` is whether it has left, and with it all but what ended in it.
    """

    write: int = UNKNOWN
    has_ended: bool = False
    started_at: float = 0.0
    places: dict[str, Any] = field(default_factory=dict[str, Any])
    ended: dict[str, Told] = field(default_factory=dict[str, Told])

    def take(self, places: Texts, ended: Texts, meanings: dict[bytes, Any]) -> set[str]:
        """Take in what is new; return the fields that it says something of. Many may say the same."""
        for known, texts, meaning in ((self.places, places, json.loads), (self.ended, ended, _tally)):
            for key, text in texts.items():
                if text is None:
                    known.pop(key, None)
                    continue
                if text not in meanings:
                    meanings[text] = meaning(text)
                known[key] = meanings[text]
        return {*places, *ended}

    def take_all(self, places: Texts, ended: Texts, meanings: dict[bytes, Any]) -> set[str]:
        """Take that instead of all that was known; return the fields of both."""
        before = {*self.places, *self.ended}
        self.places, self.ended = {}, {}
        return before | self.take(places, ended, meanings)


class KeptPlaces:
    """The places, each made of what all processes tell of it; of two that show it the younger one counts."""

    def __init__(self) -> None:
        self.processes: dict[str, KeptProcess] = {}
        self._places: dict[str, LivePlace] = {}
        self._order: list[str] = []
        self._of_everybody: set[str] = set()
        self._good_until: dict[str, float] = {}
        self._ageing: list[tuple[float, str]] = []  # a heap; what is another in `_good_until` is over

    def forget(self, name: str) -> set[str]:
        """Let go of a process of which nothing is left; return the fields that it said something of."""
        gone = self.processes.pop(name, KeptProcess())
        return {*gone.places, *gone.ended}

    def make(self, changed: Iterable[str], now_s: float) -> Sequence[LivePlace]:
        """Make those anew of which something is said, and those whose counts are old; return all."""
        order = sorted(self.processes.values(), key=lambda each: each.started_at)
        is_same = True
        for key in {*changed, *self._aged(now_s)}:
            if key.startswith(OF_EVERYBODY):
                self._of_everybody.add(key)
            else:
                is_same &= self._make(key, order, now_s)
        if not is_same:
            self._order = sorted(self._places)
        return tuple(self._places[key] for key in self._order)

    def of_everybody(self) -> Mapping[str, Tallies]:
        """Return by marketplace what ended there of all tenants together."""
        every = self.processes.values()
        told = {key: tuple(each.ended[key] for each in every if key in each.ended) for key in self._of_everybody}
        return {key.removeprefix(OF_EVERYBODY): tallies for key, tallies in told.items() if tallies}

    def _make(self, key: str, order: Sequence[KeptProcess], now_s: float) -> bool:
        """Make one, or take it away where nobody says anything of it; return whether there are as many as before."""
        shown = next((each.places[key] for each in reversed(order) if key in each.places), NOTHING)
        tallies = tuple([each.ended[key] for each in order if key in each.ended])
        if not shown and not tallies:
            self._good_until.pop(key, None)
            return self._places.pop(key, None) is None
        was_known = key in self._places
        self._places[key] = place_of(key, shown, tallies, now_s)
        until = self._good_until[key] = self._places[key].good_until
        if until < float("inf"):
            heappush(self._ageing, (until, key))
        return was_known

    def _aged(self, now_s: float) -> Iterable[str]:
        while self._ageing and self._ageing[0][0] <= now_s:
            until, key = heappop(self._ageing)
            if self._good_until.get(key) == until:
                yield key


def _tally(text: bytes) -> Told:
    return told_of(json.loads(text))

"""Reads back what all processes have written, as one view of the installation or of one tenant."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import redis

from stoflow.monitoring.live.board import EVERYBODY
from stoflow.monitoring.live.keys import LIFETIME_S, LiveKeys
from stoflow.monitoring.live.publisher import STATE, field_of
from stoflow.monitoring.live.sliding import FLOW, HOUR, MINUTE, Ended, ended_by_part, ended_in

NOTHING: Mapping[str, Any] = {}
COUNTED_FOR_S = 4  # what ended in the last minute at a place of which nothing new is said

Tallies = list[Mapping[str, Mapping[str, list[int]]]]


@dataclass(frozen=True, slots=True)
class LiveProcess:
    """A process as it told last, `age_s` ago by Redis's clock; `clock_s` is how far its own clock is ahead of that."""

    age_s: float
    clock_s: float
    told: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.told.get("kind", ""))

    @property
    def process(self) -> int:
        return int(self.told.get("process", 0))

    @property
    def serves(self) -> Sequence[str]:
        return tuple(self.told.get("serves", ()))

    @property
    def calls_left(self) -> Sequence[Mapping[str, Any]]:
        """Return how many calls are left by the answers that this process had, by marketplace and window."""
        return self.told.get("calls_left", ())

    @property
    def outages(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what does not, or did not, answer this process, with the time since when."""
        return self.told.get("outages", {})


@dataclass(frozen=True, slots=True)
class LivePlace:
    """One tenant at one marketplace: `flow` as its actor told, `queue` as it was counted last; both may be empty.

    `told` is what ended there as processes told it, as of `read_at`.
    """

    tenant: int
    marketplace: str
    flow: Mapping[str, Any]
    queue: Mapping[str, Any]
    minute: Ended = field(default_factory=Ended)
    hour: Ended = field(default_factory=Ended)
    told: Sequence[Mapping[str, Mapping[str, list[int]]]] = ()
    read_at: float = 0.0

    @property
    def ended(self) -> Sequence[Ended]:
        """Return what ended there in each ten minutes of the last hour, the oldest first."""
        return ended_by_part(HOUR, self.told, self.read_at)

    @property
    def in_flight(self) -> int:
        return int(self.flow.get("in_flight", 0))

    @property
    def pending(self) -> int:
        return int(self.queue.get("pending", 0))

    @property
    def holds(self) -> Sequence[Mapping[str, Any]]:
        """Return what holds everything there, most lasting first."""
        return self.flow.get("holds", ())

    @property
    def kinds(self) -> Mapping[str, Mapping[str, Any]]:
        """Return by kind of Hold how many of the most urgent jobs it holds by their own state, until and since when."""
        return self.queue.get("kinds", {})


@dataclass(frozen=True, slots=True)
class Live:
    """As of `read_at`, by Redis's clock. `since` is when this view began: before that Redis was empty.

    `ended` is what ended at each marketplace in each minute of the last hour, the oldest first.
    """

    read_at: float
    since: float | None
    processes: Sequence[LiveProcess]
    places: Sequence[LivePlace]
    counts: Mapping[str, float]
    ended: Mapping[str, Sequence[Ended]] = field(default_factory=dict[str, Sequence[Ended]])


class LiveReader:
    """Raises redis.RedisError where Redis is away."""

    def __init__(self, client: redis.Redis, keys: LiveKeys) -> None:
        self._client = client
        self._keys = keys
        # When all was read last: what each text meant, and what was made of it.
        self._known: Mapping[bytes, Any] = {}
        self._places: Mapping[str, LivePlace] = {}

    def read(self) -> Live:
        """Return everything."""
        return self._read(None)

    def read_tenant(self, tenant: int, marketplaces: Sequence[str]) -> Live:
        """Return what concerns one tenant; the processes are everybody's."""
        return self._read([field_of((tenant, marketplace)) for marketplace in marketplaces])

    def _read(self, fields: Sequence[str] | None) -> Live:
        names = [name.decode() for name in cast("Any", self._client.smembers(self._keys.processes))]
        with self._client.pipeline(transaction=False) as pipeline:
            self._ask(pipeline, names, fields)
            since, now, counts, *answers = pipeline.execute()
        now_s = now[0] + now[1] / 1_000_000
        by_name = {name: answers[4 * at : 4 * at + 4] for at, name in enumerate(names)}
        self._forget([name for name, answer in by_name.items() if not any(answer[at] for at in (0, 2, 3))])
        processes = {name: each for name, answer in by_name.items() if (each := _process(answer[0], answer[1], now_s))}
        started = sorted(
            by_name, key=lambda name: processes[name].told.get("started_at", 0) if name in processes else 0
        )
        parsing = _Parsing(self._known)
        places = _places([by_name[name][2:4] for name in started], fields, parsing)
        of_all = [(key.partition(":")[2], key) for key in places if key.startswith(f"{EVERYBODY}:")]
        ended = {name: ended_by_part(FLOW, places.pop(key)[1], now_s) for name, key in of_all}
        shown = {
            key: _still(self._places.get(key), *told, now_s) or _place(key, *told, now_s)
            for key, told in places.items()
        }
        if fields is None:
            self._known, self._places = parsing.used, shown
        return Live(
            read_at=now_s,
            since=float(since) if since else None,
            processes=tuple(processes.values()),
            places=tuple(shown[key] for key in sorted(shown)),
            counts={name.decode(): float(value) for name, value in counts.items()},
            ended=ended,
        )

    def _ask(self, pipeline: Any, names: Iterable[str], fields: Sequence[str] | None) -> None:
        pipeline.get(self._keys.since)
        pipeline.time()
        pipeline.hgetall(self._keys.counts)
        for name in names:
            pipeline.hget(self._keys.process(name), STATE)
            pipeline.pttl(self._keys.process(name))
            for key in (self._keys.places(name), self._keys.ended(name)):
                if fields is None:
                    pipeline.hgetall(key)
                else:
                    pipeline.hmget(key, fields)

    def _forget(self, names: Sequence[str]) -> None:
        """Let go of those of which nothing is left."""
        if names:
            self._client.srem(self._keys.processes, *names)


def _process(state: bytes | None, left_ms: int, now_s: float) -> LiveProcess | None:
    if state is None:
        return None
    told = json.loads(state)
    age_s = max(0.0, LIFETIME_S - left_ms / 1000)
    return LiveProcess(age_s, float(told.get("at", now_s)) + age_s - now_s, told)


class _Parsing:
    """Parses a text where it is another than those known: of thousands of places few change from look to look."""

    def __init__(self, known: Mapping[bytes, Any]) -> None:
        self._known = known
        self.used: dict[bytes, Any] = {}

    def meaning(self, text: bytes) -> Any:
        """Return what the JSON means; nobody may change it."""
        if text not in self.used:  # many places may say the same
            found = self._known.get(text)
            self.used[text] = json.loads(text) if found is None else found
        return self.used[text]


def _places(answers: Sequence[Any], fields: Sequence[str] | None, parsing: _Parsing) -> dict[str, tuple[Any, Tallies]]:
    """Return by field what a place shows, of two processes what the younger one says, and all that ended there."""
    shown: dict[str, Any] = {}
    tallies: dict[str, Tallies] = defaultdict(list)
    for places, ended in answers:
        shown |= {key: parsing.meaning(text) for key, text in _fields(places, fields)}
        for key, text in _fields(ended, fields):
            tallies[key].append(parsing.meaning(text))
    return {key: (shown.get(key, {}), tallies.get(key, [])) for key in {*shown, *tallies}}


def _fields(answer: Any, fields: Sequence[str] | None) -> Iterable[tuple[str, bytes]]:
    if fields is not None:
        return [(key, text) for key, text in zip(fields, answer, strict=True) if text is not None]
    return [(key.decode(), text) for key, text in answer.items()]


def _still(last: LivePlace | None, shown: Mapping[str, Any], tallies: Tallies, now_s: float) -> LivePlace | None:
    """Return a place as it was read, where nothing new is said of it and what ended was counted a moment ago."""
    if last is None or last.flow is not shown.get("flow", NOTHING) or last.queue is not shown.get("queue", NOTHING):
        return None
    is_counted = now_s - last.read_at < COUNTED_FOR_S + last.tenant % COUNTED_FOR_S  # not all of them in one look
    return last if is_counted and last.told == tallies else None


def _place(key: str, shown: Mapping[str, Any], tallies: Tallies, now_s: float) -> LivePlace:
    tenant, _, marketplace = key.partition(":")
    return LivePlace(
        int(tenant),
        marketplace,
        shown.get("flow", NOTHING),
        shown.get("queue", NOTHING),
        ended_in(MINUTE, tallies, now_s),
        ended_in(HOUR, tallies, now_s),
        tallies,
        now_s,
    )

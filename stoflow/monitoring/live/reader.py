"""Reads back what all processes have written, as one view of the installation or of one tenant."""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from stoflow.monitoring.lean_redis import redis
from stoflow.monitoring.live.kept import UNKNOWN, KeptPlaces, KeptProcess, Texts
from stoflow.monitoring.live.keys import LIFETIME_S, WRITES_KEPT, LiveKeys
from stoflow.monitoring.live.place import LivePlace
from stoflow.monitoring.live.publisher import STATE, WHOLE, WRITE, field_of
from stoflow.monitoring.live.sliding import FLOW, Ended, ended_by_part


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


@dataclass(frozen=True, slots=True)
class _Head:
    """What is asked first of a process: `write` and `whole` are None where an older release does not say them."""

    name: str
    state: bytes | None
    left_ms: int
    write: int | None
    whole: int | None
    changed: Sequence[bytes]
    has_left_something: bool

    def is_ahead_of(self, known: int) -> bool:
        """Whether only all that it shows can be read, by one that knows it up to this writing."""
        return self.write is None or self.whole is None or known < max(self.whole, self.write - WRITES_KEPT)


@dataclass(frozen=True, slots=True)
class _Look:
    """What belongs to no process, and the processes."""

    since: float | None
    now_s: float
    counts: Mapping[str, float]
    processes: Mapping[str, LiveProcess]
    heads: Sequence[_Head]


class LiveReader:
    """Raises redis.RedisError where Redis is away. What is read of all is kept: the next look asks for what changed."""

    def __init__(self, client: redis.Redis, keys: LiveKeys) -> None:
        self._client = client
        self._keys = keys
        self._lock = threading.Lock()
        self._kept = KeptPlaces()

    def read(self) -> Live:
        """Return everything."""
        with self._lock:
            kept, self._kept = self._kept, KeptPlaces()  # where it goes wrong in the middle, all is read anew
            live = self._read(kept)
            self._kept = kept
        return live

    def read_tenant(self, tenant: int, marketplaces: Sequence[str]) -> Live:
        """Return what concerns one tenant; the processes are everybody's."""
        fields = [field_of((tenant, marketplace)) for marketplace in marketplaces]
        look, kept = self._look({}), KeptPlaces()
        with self._client.pipeline(transaction=False) as pipeline:
            for head in look.heads:
                pipeline.hmget(self._keys.places(head.name), fields)
                pipeline.hmget(self._keys.ended(head.name), fields)
            answers = pipeline.execute() if look.heads else []
        for head, (places, ended) in zip(look.heads, _pairs(answers), strict=True):
            kept.processes[head.name] = process = KeptProcess()
            process.take(_texts(fields, places), _texts(fields, ended), {})
            if head.name in look.processes:
                process.started_at = look.processes[head.name].told.get("started_at", 0)
        return _live(look, kept.make(fields, look.now_s), {})

    def _read(self, kept: KeptPlaces) -> Live:
        look = self._look(kept.processes)
        heard = [each for each in look.heads if each.state or each.has_left_something]
        gone = {*kept.processes, *(each.name for each in look.heads)} - {each.name for each in heard}
        changed = self._forget(kept, gone) | self._take(kept.processes, heard)
        for name, process in look.processes.items():
            kept.processes[name].started_at = process.told.get("started_at", 0)
        places, told = kept.make(changed, look.now_s), kept.of_everybody()
        ended = {name: ended_by_part(FLOW, tallies, look.now_s) for name, tallies in told.items()}
        return _live(look, places, ended)

    def _look(self, kept: Mapping[str, KeptProcess]) -> _Look:
        names = [name.decode() for name in cast("Any", self._client.smembers(self._keys.processes))]
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.get(self._keys.since)
            pipeline.time()
            pipeline.hgetall(self._keys.counts)
            for name in names:
                pipeline.hmget(self._keys.process(name), STATE, WRITE, WHOLE)
                pipeline.pttl(self._keys.process(name))
                known = kept[name].write if name in kept else UNKNOWN
                most = "+inf" if known != UNKNOWN else known  # nothing, where all is to be read
                pipeline.zrangebyscore(self._keys.changed(name), f"({known}", most)
                pipeline.exists(self._keys.ended(name))
            since, now, counts, *answers = pipeline.execute()
        now_s = now[0] + now[1] / 1_000_000
        heads = [_head(name, *answers[4 * at : 4 * at + 4]) for at, name in enumerate(names)]
        found = {each.name: _process(each.state, each.left_ms, now_s) for each in heads if each.state is not None}
        numbers = {name.decode(): float(value) for name, value in counts.items()}
        return _Look(float(since) if since else None, now_s, numbers, found, heads)

    def _take(self, kept: dict[str, KeptProcess], heads: Sequence[_Head]) -> set[str]:
        """Read of each what has changed, or all; return the fields that may be others."""
        asked = list[tuple[_Head, Sequence[str] | None]]()
        with self._client.pipeline(transaction=False) as pipeline:
            for head in heads:
                known = kept.setdefault(head.name, KeptProcess())
                fields = None if head.is_ahead_of(known.write) else [key.decode() for key in head.changed]
                if (known.has_ended and not head.state) or fields == []:
                    continue
                asked.append((head, fields))
                for key in (self._keys.places(head.name), self._keys.ended(head.name)):
                    _ = pipeline.hgetall(key) if fields is None else pipeline.hmget(key, fields)
            answers = pipeline.execute() if asked else []
        changed, meanings = set[str](), dict[bytes, Any]()
        for (head, fields), (places, ended) in zip(asked, _pairs(answers), strict=True):
            process = kept[head.name]
            process.has_ended = head.state is None
            process.write = UNKNOWN if head.write is None else head.write
            if fields is None:
                shown = _all_texts(places) if head.state else {}
                changed |= process.take_all(shown, _all_texts(ended), meanings)
            else:
                changed |= process.take(_texts(fields, places), _texts(fields, ended), meanings)
        return changed

    def _forget(self, kept: KeptPlaces, names: Iterable[str]) -> set[str]:
        """Let go of those of which nothing is left; return the fields that may be others."""
        gone = list(names)
        if gone:
            self._client.srem(self._keys.processes, *gone)
        return {key for name in gone for key in kept.forget(name)}


def _live(look: _Look, places: Sequence[LivePlace], ended: Mapping[str, Sequence[Ended]]) -> Live:
    return Live(look.now_s, look.since, tuple(look.processes.values()), places, look.counts, ended)


def _head(
    name: str, told: Sequence[bytes | None], left_ms: int, changed: Sequence[bytes], has_left_something: int
) -> _Head:
    state, *numbers = told
    write, whole = (None if number is None else int(number) for number in numbers)
    return _Head(name, state, left_ms, write, whole, changed, bool(has_left_something))


def _process(state: bytes, left_ms: int, now_s: float) -> LiveProcess:
    told = json.loads(state)
    age_s = max(0.0, LIFETIME_S - left_ms / 1000)
    return LiveProcess(age_s, float(told.get("at", now_s)) + age_s - now_s, told)


def _pairs(answers: Sequence[Any]) -> Iterable[tuple[Any, Any]]:
    return zip(answers[::2], answers[1::2], strict=True)


def _all_texts(answer: Mapping[bytes, bytes]) -> Texts:
    return {key.decode(): text for key, text in answer.items()}


def _texts(fields: Sequence[str], answer: Sequence[bytes | None]) -> Texts:
    return dict(zip(fields, answer, strict=True))

"""Writes what a process knows to Redis: at most once a second, and rarely while nothing changes."""

import secrets
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from stoflow.domain.facts.outages import RedisAway
from stoflow.domain.facts.processes import Stumbled
from stoflow.monitoring.lean_redis import redis
from stoflow.monitoring.live.board import Board, Changes, PlaceKey
from stoflow.monitoring.live.keys import (
    APART_S,
    ENDED_LIFETIME_S,
    HEARTBEAT_S,
    KEPT_S,
    LIFETIME_S,
    WRITES_KEPT,
    LiveKeys,
)
from stoflow.monitoring.record import listen, record, unlisten

STATE = "state"
WRITE, WHOLE = "write", "whole"  # the number of the last writing, and of the last one that said everything
JOIN_S = 5.0
DOING = "writing live state"


class Publisher:
    """One per process. What Redis does not take stays on the board; work never waits for it."""

    def __init__(self, client: redis.Redis, keys: LiveKeys, board: Board) -> None:
        self._client = client
        self._keys = keys
        self._board = board
        self._name = secrets.token_hex(6)
        self._is_known = False  # whether Redis has had all of it
        self._written = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)

    def start(self) -> None:
        if not self._thread.is_alive():
            listen(self._board.hear)
            self._thread.start()

    def stop(self) -> None:
        """Write what is left, then leave nothing but what ended here."""
        unlisten(self._board.hear)
        self._stopping.set()
        self._board.stir()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)
            self._guarded(self._leave)
        self._client.close()

    def write(self) -> None:
        """Write what has changed, and all where Redis has forgotten."""
        self._board.before_writing()
        if self._write(everything=not self._is_known) and self._is_known:
            self._write(everything=True)
        self._is_known = True

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._guarded(self.write)
            self._stopping.wait(APART_S)
            self._board.stirred.wait(HEARTBEAT_S - APART_S)

    def _guarded(self, act: Any) -> None:
        try:
            act()
        except redis.RedisError as error:
            self._is_known = False
            record(RedisAway(DOING, str(error)))
        except Exception as error:  # noqa: BLE001 - without this thread the process would seem to be gone
            record(Stumbled(DOING, f"{type(error).__name__}: {error}"))

    def _write(self, *, everything: bool) -> bool:
        """Return whether Redis did not know this process."""
        self._board.stirred.clear()
        self._written += 1
        changes = self._board.take_changes(everything=everything)
        try:
            # In one transaction: what is counted is added wholly or not at all.
            with self._client.pipeline(transaction=True) as pipeline:
                self._put_process(pipeline, everything=everything)
                self._put_changes(pipeline, changes)
                self._put_changed(pipeline, changes)
                return bool(pipeline.execute()[0])
        except BaseException:
            self._board.give_back(changes)
            raise

    def _put_process(self, pipeline: Any, *, everything: bool) -> None:
        keys = self._keys
        told = {STATE: self._board.written(), WRITE: self._written, **({WHOLE: self._written} if everything else {})}
        pipeline.hset(keys.process(self._name), mapping=told)
        pipeline.expire(keys.process(self._name), LIFETIME_S)
        pipeline.set(keys.since, repr(datetime.now(UTC).timestamp()), nx=True)
        pipeline.sadd(keys.processes, self._name)
        for key, lifetime_s in (
            (keys.since, KEPT_S),
            (keys.processes, KEPT_S),
            (keys.places(self._name), LIFETIME_S),
            (keys.changed(self._name), LIFETIME_S),
            (keys.ended(self._name), ENDED_LIFETIME_S),
        ):
            pipeline.expire(key, lifetime_s)

    def _put_changes(self, pipeline: Any, changes: Changes) -> None:
        _put_fields(pipeline, self._keys.places(self._name), changes.places, LIFETIME_S)
        _put_fields(pipeline, self._keys.ended(self._name), changes.ended, ENDED_LIFETIME_S)
        for series, amount in changes.counts.items():
            pipeline.hincrbyfloat(self._keys.counts, series, amount)
        if changes.counts:
            pipeline.expire(self._keys.counts, KEPT_S)

    def _put_changed(self, pipeline: Any, changes: Changes) -> None:
        """Say of which places something was said, so that who looks reads those and no others."""
        key, fields = self._keys.changed(self._name), {*map(field_of, changes.places), *map(field_of, changes.ended)}
        if fields:
            pipeline.zadd(key, dict.fromkeys(fields, self._written))
            pipeline.expire(key, LIFETIME_S)
        pipeline.zremrangebyscore(key, "-inf", self._written - WRITES_KEPT)

    def _leave(self) -> None:
        self._write(everything=False)
        keys = self._keys
        self._client.delete(keys.process(self._name), keys.places(self._name), keys.changed(self._name))


def _put_fields(pipeline: Any, key: str, values: Mapping[PlaceKey, str | None], lifetime_s: int) -> None:
    written = {field_of(place): text for place, text in values.items() if text is not None}
    gone = [field_of(place) for place, text in values.items() if text is None]
    if written:
        pipeline.hset(key, mapping=written)
        pipeline.expire(key, lifetime_s)
    if gone:
        pipeline.hdel(key, *gone)


def field_of(place: PlaceKey) -> str:
    return f"{place[0]}:{place[1]}"

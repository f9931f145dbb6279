"""What an orchestrator is told of Redis while it waits for news."""

from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any, Self

import pytest

from stoflow.domain.ids import ProcessId
from stoflow.monitoring.lean_redis import redis
from stoflow.monitoring.outage import Outage
from stoflow.transports import feed
from stoflow.transports.feed import FeedReader
from stoflow.transports.names import Names

WITHIN_S = 10.0


class Flaky:
    """A client of Redis that answers as it is told, and then that there is nothing."""

    def __init__(self, answers: Iterator[bool]) -> None:
        self._answers = answers

    def pipeline(self, **_: Any) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def blpop(self, *_: Any, **__: Any) -> None: ...

    def lpop(self, *_: Any) -> None: ...

    def delete(self, *_: Any) -> None: ...

    def close(self) -> None: ...

    def execute(self) -> tuple[None, list[bytes], int]:
        if not next(self._answers, True):
            raise redis.ConnectionError
        return None, [], 0


def test_that_redis_answers_again_is_told_once_for_each_time_it_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = SimpleQueue[str]()
    answers = iter([True, False, False, True, True, False, True])
    monkeypatch.setattr(redis.Redis, "from_url", lambda *_, **__: Flaky(answers))
    monkeypatch.setattr(feed, "LOOK_EVERY_S", 0.0)
    reader = FeedReader(
        "redis://nowhere",
        Names("test"),
        ProcessId(1),
        lambda *_: heard.put("news"),
        Outage(streak=1),
        on_back=lambda: heard.put("back"),
    )
    reader.start()
    told = [heard.get(timeout=WITHIN_S) for _ in range(10)]
    reader.stop()

    assert told == ["news"] * 4 + ["back"] + ["news"] * 3 + ["back"] + ["news"]

"""An actor that failed is told of once, and handles nothing more."""

import threading
from dataclasses import dataclass, field
from typing import Any

from stoflow.actors.mailbox import Pool, PooledActor

WAIT_S = 10


@dataclass
class Seen:
    handled: list[Any] = field(default_factory=list[Any])
    died: list[BaseException] = field(default_factory=list[BaseException])
    ended: threading.Event = field(default_factory=threading.Event)


class Frail(PooledActor):
    """Fails at every message."""

    def __init__(self, pool: Pool, seen: Seen) -> None:
        super().__init__(pool, lambda _, error: seen.died.append(error))
        self._seen = seen

    def handle(self, message: Any) -> Any:
        self._seen.handled.append(message)
        raise LookupError(message)

    def on_stop(self) -> None:
        self._seen.ended.set()


def test_an_actor_that_failed_is_told_of_once_and_handles_nothing_more() -> None:
    """Whoever starts another in its stead would else start one for each message that waited."""
    pool, seen = Pool(1), Seen()
    ref = Frail.start(pool, seen)
    for message in ("first", "second", "third"):
        ref.tell(message)
    pool.start()

    assert seen.ended.wait(WAIT_S)
    pool.stop()
    assert (seen.handled, len(seen.died)) == (["first"], 1)

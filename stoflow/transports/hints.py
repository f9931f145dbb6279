"""Hints leave from one background thread: nothing waits for Redis, and what it does not take is dropped."""

import threading
import time
from collections.abc import Callable
from typing import Any

from stoflow.domain.coalescing import CoalescingQueue
from stoflow.domain.errors import ConfigurationError
from stoflow.domain.facts.outages import RedisAway, ServerOutageBegan, ServerOutageEnded
from stoflow.domain.spacing import APART_S
from stoflow.monitoring.lean_redis import NoBackoff, Retry, redis
from stoflow.monitoring.outage import Outage
from stoflow.monitoring.record import record

REDIS = "Redis"
TIMEOUT_S = 0.2  # redis-py's own defaults would hold a hint for 4 to 5 s
QUIET_AFTER_FAILURE_S = 0.5
BATCH = 200
KEPT = 10_000

Hint = Callable[[Any], None]
"""Adds its commands to a Redis pipeline."""
_Put = tuple[str, Hint]


def quick_client(url: str) -> redis.Redis:
    """Return a client that fails fast instead of retrying; ConfigurationError for what is no address of a Redis."""
    try:
        return redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )
    except ValueError as error:
        message = "STOFLOW_REDIS_URL is wrong: it should be an address such as redis://host:6379/0."
        raise ConfigurationError(message) from error


class Hints:
    """Sends hints in pipelined batches, in order."""

    def __init__(self, url: str, *, apart_s: float = APART_S) -> None:
        """`apart_s` lies between two batches of a flood."""
        self._client = quick_client(url)
        self._queue = CoalescingQueue[_Put](BATCH, apart_s=apart_s)
        self._thread: threading.Thread | None = None
        self.outage = Outage(streak=1)

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="hints", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Send what was put, once, then end."""
        if self._thread is not None:
            self._queue.close()
            self._thread.join()
            self._thread = None
            self._client.close()

    def put(self, hint: Hint, *, once: str = "") -> None:
        """Let the hint leave soon; of those with the same `once` in one batch only the last does."""
        if len(self._queue) < KEPT:
            self._queue.put((once, hint))

    def _run(self) -> None:
        for batch in self._queue:
            self._send(batch)

    def _send(self, batch: list[_Put]) -> None:
        last = {once: number for number, (once, _) in enumerate(batch)}
        try:
            with self._client.pipeline(transaction=False) as pipeline:
                for number, (once, hint) in enumerate(batch):
                    if not once or last[once] == number:
                        hint(pipeline)
                pipeline.execute()
        except redis.RedisError as failure:
            error = str(failure)
            self.outage.failed(lambda: ServerOutageBegan(REDIS, error))
            record(RedisAway(f"sending {len(batch)} hints", error))
            time.sleep(QUIET_AFTER_FAILURE_S)
        else:
            self.outage.answered(lambda lasted_s: ServerOutageEnded(REDIS, lasted_s))

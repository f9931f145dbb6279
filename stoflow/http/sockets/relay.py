"""Joins the sockets of several api processes over Redis; without Redis each process goes on with its own."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator
from typing import Any, Final

from stoflow.http.facts import BackgroundLoopFailed, RelayMessageDropped
from stoflow.http.sockets.lean_socketio import AsyncPubSubManager
from stoflow.monitoring.lean_redis import AsyncRetry, NoBackoff, async_redis, redis
from stoflow.monitoring.record import record

REDIS_TIMEOUT_S: Final = 0.5
LISTEN_S: Final = 5.0  # a silent connection is checked this often
PAUSE_AFTER_FAILURE_S: Final = 1.0
MAX_WAITING_MESSAGES: Final = 1000


class Relay(AsyncPubSubManager):
    """python-socketio's own Redis manager makes the sender wait for Redis (twice) and listeners up to a minute.

    Here messages leave from a background task and are dropped when Redis is away: what they say is also in PostgreSQL.
    `channel` must be the installation's own: pub/sub ignores Redis's database numbers.
    """

    name = "stoflow"

    def __init__(self, redis_url: str, *, channel: str) -> None:
        super().__init__(channel=channel)
        self._redis = async_redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
            redis_url,
            socket_connect_timeout=REDIS_TIMEOUT_S,
            socket_timeout=REDIS_TIMEOUT_S,
            retry=AsyncRetry(NoBackoff(), 0),
            health_check_interval=int(LISTEN_S),
        )
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING_MESSAGES)
        self._sender: asyncio.Task[None] | None = None
        self._listening = threading.Event()  # set while this process hears the others

    def wait_until_listening(self, timeout_s: float) -> bool:
        """Block until this process hears the others; for a thread other than the loop's."""
        return self._listening.wait(timeout_s)

    def initialize(self) -> None:
        super().initialize()
        self._sender = asyncio.create_task(self._send_waiting())

    async def stop(self) -> None:
        tasks = [task for task in (self._sender, getattr(self, "thread", None)) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._redis.aclose()

    async def _publish(self, data: Any) -> None:
        try:
            self._waiting.put_nowait(json.dumps(data))
        except asyncio.QueueFull:
            record(RelayMessageDropped(reason="Too many messages wait for Redis."))

    async def _send_waiting(self) -> None:
        while True:
            message = await self._waiting.get()
            try:
                await self._redis.publish(self.channel, message)
            except (redis.RedisError, OSError) as error:
                record(RelayMessageDropped(reason=type(error).__name__))

    async def _listen(self) -> AsyncGenerator[Any]:  # pyright: ignore[reportIncompatibleMethodOverride] - the base only says "coroutine"
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:
                    await subscription.subscribe(self.channel)
                    self._listening.set()
                    while True:
                        message = await subscription.get_message(ignore_subscribe_messages=True, timeout=LISTEN_S)
                        if message is not None:
                            yield message["data"]
            except (redis.RedisError, OSError) as error:
                self._listening.clear()
                record(BackgroundLoopFailed.of("relay", error))
            await asyncio.sleep(PAUSE_AFTER_FAILURE_S)

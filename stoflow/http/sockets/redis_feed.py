"""The feed as Redis brings it: a channel to which every process of the installation speaks."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from stoflow.http.facts import FeedItemRefused
from stoflow.monitoring.lean_redis import async_redis
from stoflow.monitoring.record import record


async def events(redis_url: str, channel: str) -> AsyncIterator[Mapping[str, Any]]:
    """Yield what is published from now on; raise RedisError when Redis goes away."""
    redis = async_redis.Redis.from_url(redis_url)  # pyright: ignore[reportUnknownMemberType]
    async with redis, redis.pubsub(ignore_subscribe_messages=True) as subscription:
        await subscription.subscribe(channel)
        async for message in subscription.listen():
            news = _read(message["data"])
            if news is not None:
                yield news


def _read(text: bytes) -> Mapping[str, Any] | None:
    try:
        news = json.loads(text)
    except (ValueError, RecursionError):
        news = None
    if isinstance(news, dict):
        return news
    record(FeedItemRefused(reason="It is not a JSON object."))
    return None

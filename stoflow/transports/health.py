"""Whether Redis answers now."""

import redis

from stoflow.transports.hints import quick_client


def redis_answers(url: str) -> bool:
    client = quick_client(url)
    try:
        return bool(client.ping())  # pyright: ignore[reportUnknownMemberType]
    except redis.RedisError:
        return False
    finally:
        client.close()

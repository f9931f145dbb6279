"""redis-py without its own metrics, for which it loads OpenTelemetry's SDK and psutil where they are installed."""

from stoflow.monitoring.sparing import without

with without("opentelemetry"):
    import redis
    from redis import asyncio as async_redis
    from redis import exceptions
    from redis.asyncio.retry import Retry as AsyncRetry
    from redis.backoff import NoBackoff
    from redis.retry import Retry

__all__ = ["AsyncRetry", "NoBackoff", "Retry", "async_redis", "exceptions", "redis"]

"""How much one account, or one address that is no account, may ask for: counted in Redis, told in every answer."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from stoflow.domain.errors import TooManyTries
from stoflow.http.addresses import neighbourhood
from stoflow.http.rest.middleware import HttpMiddleware
from stoflow.monitoring.lean_redis import NoBackoff, Retry, async_redis, redis

WINDOW_S: Final = 60
TIMEOUT_S: Final = 0.2
MOST_CONNECTIONS: Final = 8
QUIET_AFTER_FAILURE_S: Final = 1.0  # in which nobody waits for a Redis that does not answer
STANDING_KEY: Final = "stoflow.rate_limit"

# The moment when the whole quota is there again moves by one request's share, unless that would be beyond the window.
# Answers whether it moved, how many requests are left, and until when it is all there again, or one is.
SPEND: Final = """
local time = redis.call('TIME')
local now, window, share = time[1] + time[2] / 1e6, tonumber(ARGV[1]), ARGV[1] / ARGV[2]
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
if full + share - now > window then
  return {0, 0, math.ceil(full + share - now - window)}
end
full = full + share
redis.call('SET', KEYS[1], string.format('%.6f', full), 'PX', math.ceil((full - now) * 1000))
return {1, math.floor((window - (full - now)) / share + 1e-6), math.ceil(full - now)}
"""


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose request it is: an account, or an address."""

    kind: str
    who: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How one asker stands after a request: `quota` a window, `left` of those, `wait_s` until there are more."""

    kind: str
    quota: int
    left: int
    wait_s: int
    is_over: bool = False

    def headers(self) -> dict[str, str]:
        """Return what draft-ietf-httpapi-ratelimit-headers says of it."""
        return {
            "RateLimit-Policy": f'"{self.kind}";q={self.quota};w={WINDOW_S}',
            "RateLimit": f'"{self.kind}";r={self.left};t={self.wait_s}',
        }


Spend = Callable[[Asker], Awaitable[Standing | None]]
"""Counts one request; None where nothing is limited, or nobody can count."""


async def unlimited(_: Asker) -> Standing | None:
    """Let everybody through."""
    return None


class RateLimits:
    """The quotas a minute by kind of asker, 0 for none, shared by all processes that speak to one Redis."""

    def __init__(self, redis_url: str, namespace: str, *, account: int, address: int) -> None:
        self._namespace = namespace
        self._quotas = {"account": account, "address": address}
        pool = async_redis.BlockingConnectionPool.from_url(
            redis_url,
            max_connections=MOST_CONNECTIONS,
            timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._redis = async_redis.Redis.from_pool(pool)
        self._spend = self._redis.register_script(SPEND)
        self._away_until = 0.0

    async def spend(self, asker: Asker) -> Standing | None:
        """Count one request; None without Redis: a limit must not be one more way to fail."""
        quota = self._quotas[asker.kind]
        if not quota or time.monotonic() < self._away_until:
            return None
        key = f"{self._namespace}:rate:{asker.kind}:{asker.who}"
        try:
            answer: Sequence[Any] = await self._spend(keys=[key], args=[WINDOW_S, quota])
        except redis.RedisError:
            self._away_until = time.monotonic() + QUIET_AFTER_FAILURE_S
            return None
        was_let, left, wait_s = map(int, answer)
        return Standing(asker.kind, quota, left, wait_s, is_over=not was_let)

    async def close(self) -> None:
        await self._redis.aclose()


def asker_of(scope: Scope, tenant: int | None) -> Asker:
    """Return whose a request or socket is: of nobody, its address's."""
    if tenant is not None:
        return Asker("account", str(tenant))
    return Asker("address", neighbourhood((scope.get("client") or ("",))[0]))


async def charge(spend: Spend, scope: Scope, asker: Asker) -> None:
    """Count a request as its asker's; raise TooManyTries over the limit."""
    standing = scope[STANDING_KEY] = await spend(asker)
    if standing is not None and standing.is_over:
        raise TooManyTries(max(standing.wait_s, 1))


class RateLimitHeadersMiddleware(HttpMiddleware):
    """Says in every answer how its asker stands."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_standing(message: Message) -> None:
            standing: Standing | None = scope.get(STANDING_KEY)
            if message["type"] == "http.response.start" and standing is not None:
                MutableHeaders(scope=message).update(standing.headers())
            await send(message)

        await self._app(scope, receive, send_with_standing)

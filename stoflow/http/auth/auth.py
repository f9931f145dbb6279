"""Who is asking: the token says which tenant and sign-in, PostgreSQL says whether they are still welcome."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final, Generic, TypeVar

from stoflow.domain.facts.sign_ins import SuspendedTurnedAway, TokenRefused
from stoflow.domain.ids import TenantId
from stoflow.http.auth.tokens import Access, AccessTokens, NotAuthenticated
from stoflow.http.rest.problems import NotAllowed
from stoflow.http.rest.threads import Threads
from stoflow.monitoring.record import record

STATUS_CACHE_S: Final = 1.0
MOST_REMEMBERED: Final = 10_000
Key = TypeVar("Key")
Value = TypeVar("Value")


class TenantStatus(StrEnum):
    """What PostgreSQL says of a tenant."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


Statuses = Callable[[Sequence[TenantId]], Mapping[TenantId, TenantStatus]]
"""Tells how tenants stand; who is missing is unknown."""
EndedOf = Callable[[Sequence[str]], Collection[str]]
"""Tells which of these sign-ins are over."""


class Remembered(Generic[Key, Value]):
    """Answers that are good for a second from when they were asked for, so many of them."""

    def __init__(self, ask: Callable[[Key], Awaitable[Value]], clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._known: OrderedDict[Key, tuple[Value, float]] = OrderedDict()

    async def of(self, key: Key) -> Value:
        known = self._known.get(key)
        if known is not None and known[1] > self._clock():
            return known[0]
        asked_at = self._clock()
        answer = await self._ask(key)
        self._known[key] = (answer, asked_at + STATUS_CACHE_S)
        self._known.move_to_end(key)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return answer


class Authentication:
    """Turns a token into an Access, or raises NotAuthenticated or NotAllowed."""

    def __init__(
        self,
        tokens: AccessTokens,
        statuses: Statuses,
        threads: Threads,
        *,
        ended: EndedOf = lambda _: (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = tokens
        self._statuses = statuses
        self._threads = threads
        self._ended = ended
        self._status = Remembered(self._status_of, clock)
        self._is_over = Remembered(self._is_over_now, clock)

    async def access(self, token: str) -> Access:
        """Return what a token is good for now; who is refused is told of."""
        try:
            return await self._access(token)
        except NotAuthenticated as refused:
            record(TokenRefused(str(refused)))
            raise

    async def _access(self, token: str) -> Access:
        access = self._tokens.read(token)
        match await self._status.of(access.tenant):
            case TenantStatus.ACTIVE:
                return await self._signed_in(access)
            case TenantStatus.SUSPENDED:
                record(SuspendedTurnedAway(access.tenant))
                raise NotAllowed("This account is suspended.")
            case TenantStatus.UNKNOWN:
                raise NotAuthenticated("There is no such account any more.")

    async def statuses(self, tenants: Sequence[TenantId]) -> Mapping[TenantId, TenantStatus]:
        """Return what PostgreSQL says now, never a remembered answer."""
        return await self._threads.run(self._statuses, tenants)

    async def ended(self, sign_ins: Sequence[str]) -> Collection[str]:
        """Return those that PostgreSQL now says are over."""
        return await self._threads.run(self._ended, sign_ins)

    async def _signed_in(self, access: Access) -> Access:
        if access.sign_in and await self._is_over.of(access.sign_in):
            raise NotAuthenticated("This sign-in is over: sign in again.")
        return access

    async def _status_of(self, tenant: TenantId) -> TenantStatus:
        return (await self.statuses([tenant])).get(tenant, TenantStatus.UNKNOWN)

    async def _is_over_now(self, sign_in: str) -> bool:
        return sign_in in await self.ended([sign_in])


def bearer_token(authorization: str) -> str:
    """Return the token of an Authorization header."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated("Send an access token in the header: Authorization: Bearer <token>.")
    return token.strip()

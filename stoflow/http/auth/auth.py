"""Who is asking: the token says which tenant, PostgreSQL says whether that tenant is still welcome."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from stoflow.domain.ids import TenantId
from stoflow.http.auth.tokens import Access, AccessTokens, NotAuthenticated
from stoflow.http.doors import Standing
from stoflow.http.rest.problems import NotAllowed
from stoflow.http.rest.threads import Threads

STANDING_CACHE_S: Final = 1.0
STANDING_CACHE_TENANTS: Final = 10_000


class Authentication:
    """Turns a token into an Access, or raises NotAuthenticated or NotAllowed."""

    def __init__(
        self,
        tokens: AccessTokens,
        standings: Callable[[Sequence[TenantId]], Mapping[TenantId, Standing]],
        threads: Threads,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = tokens
        self._standings = standings
        self._threads = threads
        self._clock = clock
        self._known: OrderedDict[TenantId, tuple[Standing, float]] = OrderedDict()

    async def access(self, token: str) -> Access:
        access = self._tokens.read(token)
        match await self._standing_of(access.tenant):
            case Standing.ACTIVE:
                return access
            case Standing.SUSPENDED:
                raise NotAllowed("This account is suspended.")
            case Standing.UNKNOWN:
                raise NotAuthenticated("There is no such account any more.")

    async def standings(self, tenants: Sequence[TenantId]) -> Mapping[TenantId, Standing]:
        """Return what PostgreSQL says now, never a remembered answer."""
        return await self._threads.run(self._standings, tenants)

    async def _standing_of(self, tenant: TenantId) -> Standing:
        standing, until = self._known.get(tenant, (Standing.UNKNOWN, 0.0))
        if until > self._clock():
            return standing
        asked_at = self._clock()
        standing = (await self.standings([tenant])).get(tenant, Standing.UNKNOWN)
        self._known[tenant] = (standing, asked_at + STANDING_CACHE_S)
        self._known.move_to_end(tenant)
        while len(self._known) > STANDING_CACHE_TENANTS:
            self._known.popitem(last=False)
        return standing


def bearer_token(authorization: str) -> str:
    """Return the token of an Authorization header."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated("Send an access token in the header: Authorization: Bearer <token>.")
    return token.strip()

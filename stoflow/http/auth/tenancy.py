"""Which tenant a request is for: set here, once, from its access token, and nowhere else."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.auth.auth import Authentication, bearer_token
from stoflow.http.auth.tokens import NotAuthenticated
from stoflow.http.rest.rate_limits import Asker, Spend, asker_of, charge, unlimited

PROTECTED_PREFIXES: Final = (
    "/api/",
    "/admin/",
    "/monitoring/snapshot/",
    "/monitoring/processes/",
    "/monitoring/busiest/",
)
ACCESS_KEY: Final = "stoflow.access"
PUBLIC_TENANT: Final = TenantId(0)


class TenancyMiddleware:
    """Lets nothing of /api/, /admin/ and what /monitoring gives as JSON pass without a tenant, and counts who comes.

    `open_paths` are the exceptions: there nobody has to say who they are, and who does must be who they say. At
    `foreign_paths` who comes is no tenant, and says who they are in their own way. `uncounted_paths` may be asked for
    as often as one likes.
    """

    def __init__(
        self,
        app: ASGIApp,
        authentication: Authentication,
        open_paths: Sequence[re.Pattern[str]] = (),
        foreign_paths: Sequence[re.Pattern[str]] = (),
        uncounted_paths: Sequence[re.Pattern[str]] = (),
        spend: Spend = unlimited,
    ) -> None:
        self._app = app
        self._authentication = authentication
        self._open_paths = open_paths
        self._foreign_paths = foreign_paths
        self._uncounted_paths = uncounted_paths
        self._spend = spend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                await self._identify(scope)
            finally:  # who is refused is counted too
                await self._count(scope)
        await self._app(scope, receive, send)

    async def _identify(self, scope: Scope) -> None:
        if self._is_protected(scope["path"]):
            several = Headers(scope=scope).getlist("authorization")
            if len(several) > 1:  # a proxy may have read the other one
                raise NotAuthenticated("Send one Authorization header.")
            given = several[0] if several else ""
            if given or not _is_one_of(scope["path"], self._open_paths):
                scope[ACCESS_KEY] = await self._authentication.access(bearer_token(given))

    async def _count(self, scope: Scope) -> None:
        if not _is_one_of(scope["path"], self._uncounted_paths):
            await charge(self._spend, scope, asker_in(scope))

    def _is_protected(self, path: str) -> bool:
        return f"{path}/".startswith(PROTECTED_PREFIXES) and not _is_one_of(path, self._foreign_paths)


def _is_one_of(path: str, patterns: Sequence[re.Pattern[str]]) -> bool:
    return any(pattern.match(path) for pattern in patterns)


def tenant_of(scope: Scope) -> TenantId:
    """Return the request's tenant; a KeyError here means a route outside the protected paths asked for one."""
    return scope[ACCESS_KEY].tenant


def visitor_of(scope: Scope) -> TenantId:
    """Return who asks for something public, where they said so, else PUBLIC_TENANT."""
    return tenant_of(scope) if ACCESS_KEY in scope else PUBLIC_TENANT


def asker_in(scope: Scope) -> Asker:
    """Return whose the request is, as far as it is known yet."""
    return asker_of(scope, tenant_of(scope) if ACCESS_KEY in scope else None)


def sign_in_of(scope: Scope) -> str:
    """Return the sign-in that the request's token came with, "" where there is none."""
    return scope[ACCESS_KEY].sign_in if ACCESS_KEY in scope else ""


def role_of(scope: Scope) -> Role:
    """Return the most that the request's token is good for."""
    return scope[ACCESS_KEY].role if ACCESS_KEY in scope else Role.USER

"""Which tenant a request is for: set here, once, from its access token, and nowhere else."""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from stoflow.domain.ids import TenantId
from stoflow.http.auth import Authentication, bearer_token

PROTECTED_PREFIX: Final = "/api/"
ACCESS_KEY: Final = "stoflow.access"


class TenancyMiddleware:
    """Lets nothing below /api/ pass without a tenant, whether or not there is a route."""

    def __init__(self, app: ASGIApp, authentication: Authentication) -> None:
        self._app = app
        self._authentication = authentication

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and f"{scope['path']}/".startswith(PROTECTED_PREFIX):
            token = bearer_token(Headers(scope=scope).get("authorization", ""))
            scope[ACCESS_KEY] = await self._authentication.access(token)
        await self._app(scope, receive, send)


def tenant_of(scope: Scope) -> TenantId:
    """Return the request's tenant; a KeyError here means a route outside the protected paths asked for one."""
    return scope[ACCESS_KEY].tenant

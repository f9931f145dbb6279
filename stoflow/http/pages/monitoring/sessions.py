"""Who is signed in to the pages: a cookie that opens nothing else, short-lived, and renewed while somebody looks."""

import time
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from stoflow.domain.errors import InputError
from stoflow.http.auth.auth import Authentication
from stoflow.http.auth.tokens import LIFETIME_S, Access, AccessTokens
from stoflow.http.pages.monitoring.page import HOME
from stoflow.http.rest.problems import NotAllowed
from stoflow.storage.credentials.token_families import RefreshToken

COOKIE: Final = "stoflow-pages"
SECURE_COOKIE: Final = f"__Secure-{COOKIE}"
LASTS_S: Final = 12 * 3600.0  # then the password is asked for, however long somebody looks
RENEWED_BELOW_S: Final = 10 * 60
BOUNDS: Final = f"Path={HOME}; HttpOnly; SameSite=Strict"
UNSAFE: Final = (
    "Nobody signs in over a connection that others can read: open this page by https. Behind a proxy that ends it,"
    " name the proxy in STOFLOW_TRUSTED_PROXIES."
)
ELSEWHERE: Final = "This was sent by another site: open the page itself and try again."


class Sessions:
    """Makes and reads the cookie. `clock` gives seconds since the epoch."""

    def __init__(
        self, tokens: AccessTokens, authentication: Authentication, clock: Callable[[], float] = time.time
    ) -> None:
        self._tokens = tokens
        self._authentication = authentication
        self._clock = clock

    async def access(self, scope: Scope) -> Access | None:
        """Return who the browser's cookie says it is, None where it has none; raise NotAuthenticated or NotAllowed."""
        cookies = cookie_parser("; ".join(Headers(scope=scope).getlist("cookie")))
        token = cookies.get(SECURE_COOKIE if is_secure(scope) else COOKIE, "")
        return await self._authentication.access(token) if token else None

    def begun(self, fresh: RefreshToken, *, secure: bool) -> str:
        """Return the Set-Cookie of a sign-in that has just begun."""
        return _cookie(self._tokens.issue_access_token(fresh.tenant, fresh.family, fresh.role), secure=secure)

    def renewed(self, access: Access, *, secure: bool) -> str | None:
        """Return the Set-Cookie by which a sign-in goes on, None where it need not be told yet."""
        if access.expires_at - self._clock() >= RENEWED_BELOW_S:
            return None
        return _cookie(self._tokens.issue_access_token(access.tenant, access.sign_in, access.role), secure=secure)


def forgotten(*, secure: bool) -> str:
    """Return the Set-Cookie that takes it away."""
    return _cookie("", secure=secure, life_s=0)


def _cookie(value: str, *, secure: bool, life_s: int = LIFETIME_S) -> str:
    kept = f"{SECURE_COOKIE if secure else COOKIE}={value}; Max-Age={life_s}; {BOUNDS}"
    return f"{kept}; Secure" if secure else kept


def is_secure(scope: Scope) -> bool:
    """Say whether the browser came by https, as far as the nearest trusted proxy says."""
    return scope.get("scheme") == "https"


def check_private(headers: Mapping[str, str], *, secure: bool) -> None:
    """Raise InputError where a password would travel for others to read: only to this machine it needs no https."""
    if not secure and not _is_this_machine(headers.get("host", "")):
        raise InputError(UNSAFE)


def _is_this_machine(host: str) -> bool:
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def check_same_origin(scope: Scope) -> None:
    """Raise NotAllowed where a form was not sent by a page of ours: browsers say who sends, and no page can forge it.

    Not every browser says `Sec-Fetch-Site`, and those that do say it only over https and to this machine.
    """
    headers = Headers(scope=scope)
    site, origin = headers.get("sec-fetch-site"), headers.get("origin", "")
    is_ours = site == "same-origin" if site is not None else origin.partition("://")[2] == headers.get("host", "")
    if not is_ours:
        raise NotAllowed(ELSEWHERE)


def check_not_fetched_elsewhere(scope: Scope) -> None:
    """Raise NotAllowed where a script of another origin would read a page: one of a sibling host has our cookie."""
    headers = Headers(scope=scope)
    site, mode, origin = (headers.get(name) for name in ("sec-fetch-site", "sec-fetch-mode", "origin"))
    is_fetched = site in {"same-site", "cross-site"} and mode != "navigate"
    if is_fetched or (origin is not None and origin.partition("://")[2] != headers.get("host", "")):
        raise NotAllowed(ELSEWHERE)

"""The seller's browser tab: the Vinted session with its cookies, its CSRF token, and its refresh."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from stoflow_sandbox.browsing import TIMEOUT_S

ATTEMPT_HEADER = "x-stoflow-attempt"
CSRF = re.compile(r'"CSRF_TOKEN":"([0-9a-f-]{36})"')
CAPTCHA_WORDS = ("captcha-delivery", "__cf_chl")
OK, REDIRECT = 200, 300
SIGNED_OUT, FORBIDDEN = 401, 403
STALE_CSRF = 106
API = "/vinted/api/v2"


@dataclass(frozen=True, slots=True)
class Session:
    """What a signed-in member's browser holds."""

    user_id: int
    cookies: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_connection(cls, connection: Mapping[str, Any]) -> "Session":
        """Read it from what the sandbox answers when a seller is made or signs in."""
        return cls(int(connection["settings"]["user_id"]), dict(connection["session"]["cookies"]))


@dataclass(frozen=True, slots=True)
class SiteReply:
    """What the site answered. `body` is None where it was not JSON."""

    status: int
    body: Any
    retry_after_s: float | None = None
    is_captcha: bool = False

    @property
    def is_success(self) -> bool:
        """Say whether the site did what it was asked: a page instead of JSON is a refusal in disguise."""
        return OK <= self.status < REDIRECT and self.body is not None


class NoAnswer(Exception):
    """The site gave no answer; `sent` is False only where the call certainly never left."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class Browser:
    """Calls Vinted as the signed-in member's page does, one call at a time."""

    def __init__(self, sandbox_url: str, session: Session | None = None, *, timeout_s: float = TIMEOUT_S) -> None:
        self._client = httpx.Client(base_url=sandbox_url, timeout=timeout_s)
        self._csrf = ""
        self.user_id = 0
        if session:
            self.sign_in(session)

    def sign_in(self, session: Session) -> None:
        """Take the cookies of a new session."""
        self.user_id = session.user_id
        self._client.cookies = httpx.Cookies(dict(session.cookies))
        self._csrf = ""

    def sign_in_as(self, tenant: int) -> bool:
        """Sign in as the sandbox's member of this tenant; False where there is none yet."""
        reply = self._client.get(f"/control/sessions/{tenant}", params={"marketplace": "vinted"})
        if reply.status_code != OK:
            return False
        self.sign_in(Session.from_connection(reply.json()))
        return True

    def call(self, method: str, path: str, *, attempt: str = "", **body: Any) -> SiteReply:
        """Make one call; refresh an ended session and a stale CSRF token once each, as the page does."""
        reply = self._send(method, path, attempt, body)
        if reply.status == SIGNED_OUT and self._refresh():
            reply = self._send(method, path, attempt, body)
        elif reply.status == FORBIDDEN and _code(reply) == STALE_CSRF:
            self._csrf = ""
            reply = self._send(method, path, attempt, body)
        return reply

    def is_signed_in(self) -> bool | None:
        """Ask the site who is there; None where it cannot tell now."""
        try:
            reply = self.call("GET", f"{API}/users/current")
        except NoAnswer:
            return None
        refused = reply.is_captcha or reply.status in {SIGNED_OUT, FORBIDDEN}
        return True if reply.is_success else False if refused else None

    def close(self) -> None:
        """Close the tab."""
        self._client.close()

    def _send(self, method: str, path: str, attempt: str, body: Mapping[str, Any]) -> SiteReply:
        headers = {ATTEMPT_HEADER: attempt} if attempt else {}
        try:
            if method != "GET":
                headers |= {"x-csrf-token": self._csrf_token(), "x-upload-form": "true", "locale": "fr"}
            return _read(self._client.request(method, path, headers=headers, **body))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NoAnswer("Vinted cannot be reached.", sent=False) from error
        except httpx.TransportError as error:
            raise NoAnswer("Vinted gave no answer.", sent=True) from error

    def _csrf_token(self) -> str:
        """Read the token out of the page, as the site's own scripts do."""
        if not self._csrf:
            try:
                page = self._client.get("/vinted/items/new")
            except httpx.TransportError as error:
                raise NoAnswer("Vinted's page cannot be read.", sent=False) from error
            match = CSRF.search(page.text)
            if match is None and page.status_code not in {SIGNED_OUT, FORBIDDEN}:
                raise NoAnswer("Vinted's page cannot be read.", sent=False)
            self._csrf = match[1] if match else ""
        return self._csrf

    def _refresh(self) -> bool:
        """Ask for a new access cookie; the call before was refused for want of one, so nothing was done."""
        try:
            return _read(self._client.post("/vinted/web/api/auth/refresh")).is_success
        except httpx.TransportError as error:
            raise NoAnswer("Vinted's session cannot be refreshed.", sent=False) from error


def _read(response: httpx.Response) -> SiteReply:
    try:
        body: Any = response.json()
    except ValueError:
        body = None
    retry_after = response.headers.get("retry-after", "")
    return SiteReply(
        status=response.status_code,
        body=body,
        retry_after_s=float(retry_after) if retry_after.isdecimal() else None,
        is_captcha=response.status_code >= REDIRECT and any(word in response.text for word in CAPTCHA_WORDS),
    )


def _code(reply: SiteReply) -> int | None:
    return reply.body.get("code") if isinstance(reply.body, dict) else None

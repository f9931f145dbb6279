"""One HTTP call with a total deadline and a bounded answer."""

import time
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

from stoflow.domain.call import Reply, Request
from stoflow.domain.errors import APIConnectionError, APITimeoutError
from stoflow.domain.foreign import foreign_json, storable_text
from stoflow.transports.direct.deadline import DeadlineTransport, deadline
from stoflow.transports.direct.signing import OutgoingCall, Sign
from stoflow.transports.failures import foreign_failures
from stoflow.transports.lean_httpx import httpx

BODY_LIMIT_BYTES = 8 * 1024 * 1024
CONNECTIONS = 64
IDLE_S = 15.0


class DirectClient:
    """A pool of connections shared by threads and tenants; it keeps no cookie and follows no redirect."""

    def __init__(
        self,
        *,
        connections: int = CONNECTIONS,
        body_limit_bytes: int = BODY_LIMIT_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """By `clock`, in epoch seconds, signed calls say when they left."""
        self._clock = clock
        self._body_limit_bytes = body_limit_bytes
        self._http = httpx.Client(
            transport=DeadlineTransport(connections=connections, idle_s=IDLE_S),
            # A kept cookie of one tenant would travel with the next one's call.
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
            headers={"accept": "application/json", "accept-encoding": "identity", "user-agent": "stoflow"},
        )

    def exchange(
        self,
        base_url: str,
        request: Request,
        *,
        headers: Mapping[str, str],
        deadline_s: float,
        sign: Sign | None = None,
    ) -> Reply:
        """Return the reply, whatever its status; raise as Transport.send does. `sign` is given what is sent."""
        if deadline_s <= 0:
            message = "There was no time left for this call."
            raise APITimeoutError(message, sent=False)
        with foreign_failures(), deadline(deadline_s):
            outgoing = self._outgoing(base_url, request, headers, deadline_s)
            if sign is not None:
                outgoing.headers.update(sign(_as_it_leaves(outgoing, self._clock())))
            response = self._http.send(outgoing, stream=True)
            try:
                return _reply(response, self._content(response))
            finally:
                response.close()

    def close(self) -> None:
        self._http.close()

    def _outgoing(
        self, base_url: str, request: Request, headers: Mapping[str, str], deadline_s: float
    ) -> httpx.Request:
        files = [(part.field, (part.filename, part.content, part.content_type)) for part in request.files]
        return self._http.build_request(
            request.method,
            f"{base_url.rstrip('/')}/{request.path.lstrip('/')}",
            params=dict(request.query) or None,
            headers={**headers, **request.headers},
            json=request.json,
            data=dict(request.form) if request.form is not None else None,
            files=files or None,
            timeout=httpx.Timeout(deadline_s),  # what waits for a free connection uses it
        )

    def _content(self, response: httpx.Response) -> bytes:
        content = bytearray()
        for part in response.iter_bytes():
            content += part
            if len(content) > self._body_limit_bytes:
                message = f"The marketplace's answer was longer than {self._body_limit_bytes} bytes."
                raise APIConnectionError(message)
        return bytes(content)


def _as_it_leaves(outgoing: httpx.Request, at: float) -> OutgoingCall:
    return OutgoingCall(
        method=outgoing.method,
        target=outgoing.url.raw_path.decode(),
        body=outgoing.read(),
        at=at,
        headers={name.lower(): value for name, value in outgoing.headers.items()},
    )


def _reply(response: httpx.Response, content: bytes) -> Reply:
    text = storable_text(_decoded(content, response.charset_encoding or "utf-8"))
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(status=response.status_code, headers=headers, body=_parsed(text), text=text)


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding, errors="replace")
    except (LookupError, UnicodeError):  # an encoding that nobody knows, or one of no texts
        return content.decode("utf-8", errors="replace")


def _parsed(text: str) -> Any:
    try:
        return foreign_json(text) if text else None
    except ValueError:
        return None

"""What every request passes through on its way in and every answer on its way out."""

import re
import secrets
from abc import ABC, abstractmethod
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stoflow.http.facts import RequestFailed
from stoflow.http.rest.problems import MEDIA_TYPE, Problem, problem_of, response_of
from stoflow.monitoring.context import about
from stoflow.monitoring.record import record
from stoflow.monitoring.traces import asked_in, traceparent_in

REQUEST_ID_HEADER: Final = "X-Request-ID"
REQUEST_ID_NAME: Final = REQUEST_ID_HEADER.lower().encode()
REQUEST_ID_KEY: Final = "stoflow.request_id"
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
FIRST_ERROR_STATUS: Final = 400

SECURITY_HEADERS: Final = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
}


PAGE = "text/html"  # our own: libraries' errors are plain text


class HttpMiddleware(ABC):
    """Passes on what is no HTTP request, such as a socket or the server's start, as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self.answer if scope["type"] == "http" else self._app)(scope, receive, send)

    @abstractmethod
    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None: ...


class RequestIdMiddleware(HttpMiddleware):
    """Gives each request an id, or keeps the caller's where it is a plain word, and repeats it in the answer."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        given = headers.get(REQUEST_ID_HEADER, "")
        request_id = scope[REQUEST_ID_KEY] = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (REQUEST_ID_NAME, request_id.encode())]
            await send(message)

        with about(request_id=request_id), asked_in(traceparent_in(headers.get("traceparent", ""))):
            await self._app(scope, receive, send_with_id)


class ClientMiddleware:
    """Lets every line of log that a request or socket causes bear its client's address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with about(client=(scope.get("client") or ("",))[0]):
            await self._app(scope, receive, send)


class SecurityHeadersMiddleware(HttpMiddleware):
    """Tells browsers to neither guess, frame, nor keep anything."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                missing = (one for one in SECURITY_HEADERS.items() if one[0] not in given)
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class ProblemMiddleware(HttpMiddleware):
    """The last resort: an exception nobody answered, or an error in a library's own words, leaves as a problem."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        translated = _Translated(scope, receive, send)
        try:
            await self._app(scope, receive, translated.send)
        except Exception as error:
            problem = problem_of(error)
            if problem.status >= 500:  # noqa: PLR2004
                record(RequestFailed.of(scope.get(REQUEST_ID_KEY, ""), scope["path"], error))
            if translated.started:
                raise
            await response_of(problem)(scope, receive, send)


class _Translated:
    """Passes an answer on, except an error that is not a problem: its first words become the detail of one."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._foreign: Message | None = None
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_foreign_error(message):
            self._foreign = message
            return
        self.started = True
        if self._foreign is None:
            await self._send(message)
        elif not message.get("more_body"):
            await self._answer(self._foreign, message.get("body", b""))

    async def _answer(self, start: Message, body: bytes) -> None:
        detail = body[:200].decode("utf-8", "replace") or "The request was refused."
        allow = Headers(raw=start["headers"]).get("allow")
        response = response_of(Problem(start["status"], detail), {"Allow": allow} if allow else None)
        await response(self._scope, self._receive, self._send)


def _is_foreign_error(start: Message) -> bool:
    content_type = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] >= FIRST_ERROR_STATUS and not content_type.startswith((MEDIA_TYPE, PAGE))

"""The lowest end of a faulty answer: web responses, and connections that end without one."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from stoflow_sandbox.calls import Answer

DROP = "drop_connection"
NO_CONTENT = 204


class DroppableConnection(H11Protocol):
    """uvicorn's connection, which also lets an answer be withheld: ASGI has no word for that."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, DROP: self._drop}, _loop)

    def _drop(self) -> None:
        self.transport.abort()


class NoAnswer(Response):
    """Closes the connection without a byte."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # a drop sends nothing
        drop: Callable[[], None] = scope["state"][DROP]
        drop()
        await _disconnected(receive)


def response_of(answer: Answer) -> Response:
    """Return the web response behind an answer."""
    headers = dict(answer.headers)
    if answer.body is None or answer.status == NO_CONTENT:
        return Response(status_code=answer.status, headers=headers)
    if isinstance(answer.body, str):
        return Response(answer.body, answer.status, headers, media_type="text/html")
    content = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    return Response(content, answer.status, headers, media_type="application/json")


async def client_gone(request: Request, *, at_most_s: float) -> None:
    """Return when the client has given up, or after `at_most_s`."""
    with suppress(TimeoutError):
        await asyncio.wait_for(_disconnected(request.receive), at_most_s)


async def _disconnected(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

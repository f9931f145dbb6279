"""Answers that wait to be read: in pieces, and only so much of one asker's at a time."""

import asyncio
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stoflow.http.auth.tenancy import asker_in
from stoflow.http.rest.middleware import HttpMiddleware
from stoflow.http.rest.problems import TooMany
from stoflow.http.rest.rate_limits import Asker

PIECE_BYTES: Final = 64 * 1024
MOST_UNREAD_BYTES: Final = 16 * 1024 * 1024


class UnreadMiddleware(HttpMiddleware):
    """Hands the web server a piece when the one before has left: what nobody reads is held once, and bounded."""

    def __init__(self, app: ASGIApp, most: int = MOST_UNREAD_BYTES) -> None:
        super().__init__(app)
        self._most = most
        self._unread = Counter[Asker]()

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message | None = None

        async def send_in_pieces(message: Message) -> None:
            nonlocal start
            if message["type"] != "http.response.body":
                start = message
                return
            with self._waiting(asker_in(scope), len(message.get("body", b"")), is_begun=start is None):
                if start is not None:
                    begun, start = start, None
                    await send(begun)
                for piece in _pieces(message):
                    await send(piece)
                    if piece.get("more_body"):
                        await asyncio.sleep(0)  # others have their turn, and a reader who has left is seen

        await self._app(scope, receive, send_in_pieces)

    @contextmanager
    def _waiting(self, asker: Asker, size: int, *, is_begun: bool) -> Generator[None]:
        """Count an answer for a block; one that is not small is refused where too much of the asker's waits already."""
        before = self._unread[asker]
        if size > PIECE_BYTES and before and before + size > self._most and not is_begun:
            raise TooMany("Answers of yours wait to be read: read them before you ask for more.")
        self._unread[asker] += size
        try:
            yield
        finally:
            self._unread[asker] -= size
            if not self._unread[asker]:
                del self._unread[asker]


def _pieces(message: Message) -> Iterator[Message]:
    body = message.get("body", b"")
    last = max(0, len(body) - 1) // PIECE_BYTES * PIECE_BYTES
    for begin in range(0, last, PIECE_BYTES):
        yield {**message, "body": body[begin : begin + PIECE_BYTES], "more_body": True}
    yield {**message, "body": body[last:]}

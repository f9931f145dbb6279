"""How large a body may be: each operation says it, and whatever is larger is refused before it is read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stoflow.http.rest.middleware import HttpMiddleware
from stoflow.http.rest.problems import TooLarge

KIB: Final = 1024
MIB: Final = 1024 * KIB
MAX_BODY_BYTES: Final = 256 * KIB


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """The most that one method of the paths like this takes."""

    method: str
    path: re.Pattern[str]
    most: int


class BodyLimitMiddleware(HttpMiddleware):
    """Refuses a body by its length where that is told, else as soon as more than that has come."""

    def __init__(self, app: ASGIApp, limits: Sequence[BodyLimit]) -> None:
        super().__init__(app)
        self._limits = limits

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        most, come = self._most(scope), 0
        length = Headers(scope=scope).get("content-length", "")
        if length.isdecimal() and int(length) > most:
            raise too_large(most)

        async def receive_within() -> Message:
            nonlocal come
            message = await receive()
            come += len(message.get("body", b""))
            if come > most:
                raise too_large(most)
            return message

        await self._app(scope, receive_within, send)

    def _most(self, scope: Scope) -> int:
        fitting = (one.most for one in self._limits if one.method == scope["method"] and one.path.match(scope["path"]))
        return next(fitting, MAX_BODY_BYTES)


def too_large(most: int) -> TooLarge:
    amount = f"{most // MIB} MiB" if most >= MIB else f"{most // KIB} KiB"
    return TooLarge(f"The body is larger than {amount} ({most:,} bytes), the most that is taken here.")

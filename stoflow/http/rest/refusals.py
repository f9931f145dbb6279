"""Refusals that come ever later: who is refused and asks again at once is not served the faster for it."""

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stoflow.http.auth.tenancy import ACCESS_KEY, asker_in
from stoflow.http.bucket import Bucket
from stoflow.http.rest.middleware import FIRST_ERROR_STATUS, HttpMiddleware
from stoflow.http.rest.turns import Remembered

A_MINUTE: Final = 1_200
BURST_S: Final = 10  # as many at once as in so many seconds
LONGEST_S: Final = 5.0
MINUTE_S: Final = 60


class Refusals:
    """So many a minute of one asker come at once, 0 is any number; those above wait, and hold nothing meanwhile."""

    def __init__(self, a_minute: int = A_MINUTE) -> None:
        self._a_minute = a_minute
        self._buckets = Remembered(self._bucket)

    async def pause(self, scope: Scope) -> None:
        """Wait before refusing the request or socket."""
        if self._a_minute:
            await asyncio.sleep(self._buckets.of(asker_in(scope)).take())

    def _bucket(self) -> Bucket:
        per_s = self._a_minute / MINUTE_S
        clock = asyncio.get_running_loop().time
        return Bucket(per_s=per_s, burst=per_s * BURST_S, clock=clock, longest_s=LONGEST_S)


class RefusalsMiddleware(HttpMiddleware):
    """Makes whoever is nobody, or asks too much, wait for a refusal."""

    def __init__(self, app: ASGIApp, refusals: Refusals) -> None:
        super().__init__(app)
        self._refusals = refusals

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_later(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_refused(scope, message["status"]):
                await self._refusals.pause(scope)
            await send(message)

        await self._app(scope, receive, send_later)


def _is_refused(scope: Scope, status: int) -> bool:
    least = HTTPStatus.TOO_MANY_REQUESTS if ACCESS_KEY in scope else FIRST_ERROR_STATUS
    return least <= status < HTTPStatus.INTERNAL_SERVER_ERROR

"""Answers that go on: server-sent events, to as many as there is room for and to nobody who is no longer welcome."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Scope

from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.auth.auth import Authentication, TenantStatus
from stoflow.http.auth.tenancy import ACCESS_KEY
from stoflow.http.auth.tokens import Access
from stoflow.http.rest.problems import TooMany
from stoflow.http.rest.rate_limits import Asker, asker_of

EVENT_STREAM: Final = "text/event-stream"
AGAIN_MS: Final = 1000
OVER: Final = "over"  # nobody is to come again as they were: they are signed out, suspended, or of another role
HEADERS: Final = {"X-Accel-Buffering": "no"}  # else nginx keeps back what is meant to be live

RolesOf = Callable[[Sequence[TenantId]], Awaitable[Mapping[TenantId, Role]]]


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Of one api process. A stream ends after `longest_s`, and is asked for again by whoever still looks."""

    all: int = 500
    of_account: int = 60
    of_address: int = 120
    longest_s: float = 300.0
    beat_s: float = 15.0
    look_every_s: float = 2.0


class Stream:
    """What one reader has not been sent yet: of each name the newest value only, so that slow readers cost no memory.

    Everything of it happens in the event loop.
    """

    def __init__(self, access: Access, role: Role) -> None:
        self.access = access
        self.role = role
        self._unsent: dict[str, str] = {}
        self._stirred = asyncio.Event()
        self._ended: str | None = None

    def put(self, values: Mapping[str, str]) -> None:
        self._unsent |= values
        self._stirred.set()

    def end(self, event: str = "") -> None:
        """End it when all is sent, with an event that says why where one is given."""
        self._ended = event
        self._stirred.set()

    async def pieces(self, limits: StreamLimits) -> AsyncIterator[str]:
        """Yield what is put, as events, until it ends."""
        clock = asyncio.get_running_loop().time
        until_s = clock() + limits.longest_s
        yield f"retry: {AGAIN_MS}\n\n"
        while self._ended is None and clock() < until_s:
            yield self._take() or ":\n\n"
            await self._wait(min(limits.beat_s, until_s - clock()))
        yield self._take() + (_event(self._ended, "") if self._ended else "")

    def _take(self) -> str:
        unsent, self._unsent = self._unsent, {}
        self._stirred.clear()
        return "".join(_event(name, value) for name, value in unsent.items())

    async def _wait(self, within_s: float) -> None:
        try:
            async with asyncio.timeout(within_s):
                await self._stirred.wait()
        except TimeoutError:
            return


@dataclass(frozen=True, slots=True)
class EventsAnswer:
    """An answer that goes on. `join` is told of its stream in the event loop, and returns what takes that away again.

    `role` is what its reader is good for: a stream ends where that changes.
    """

    join: Callable[[Stream], Callable[[], None]]
    role: Role = Role.USER


class Streams:
    """Those of one api. `roles_of` tells what PostgreSQL says now."""

    def __init__(self, authentication: Authentication, roles_of: RolesOf, limits: StreamLimits | None = None) -> None:
        self._authentication = authentication
        self._roles_of = roles_of
        self._limits = limits or StreamLimits()
        self._open: dict[Stream, tuple[Asker, Asker]] = {}
        self._counted: Counter[Asker] = Counter()
        self._is_draining = False

    def open(self, scope: Scope, answer: EventsAnswer) -> StreamingResponse:
        """Return the response of a request that is let in; raise TooMany."""
        access: Access = scope[ACCESS_KEY]
        account, address = asker_of(scope, access.tenant), asker_of(scope, None)
        limits = self._limits
        if self._is_draining or len(self._open) >= limits.all:
            raise TooMany("Too many watch here: come again in a moment.")
        if self._counted[account] >= limits.of_account or self._counted[address] >= limits.of_address:
            raise TooMany("Too many pages of yours are open: close some of them.")
        stream = Stream(access, answer.role)
        pieces = self._pieces(stream, (account, address), answer)
        return StreamingResponse(pieces, headers=HEADERS, media_type=EVENT_STREAM)

    def drain(self) -> None:
        """End all of them: this process is about to end, and another one may be asked."""
        self._is_draining = True
        for stream in self._open:
            stream.end()

    async def look_after(self) -> None:
        """Once: end those of whoever is not welcome any more."""
        await asyncio.sleep(self._limits.look_every_s)
        streams = list(self._open)
        if streams:
            unwelcome = await self._unwelcome(streams)
            for stream in unwelcome:
                stream.end(OVER)

    async def _pieces(self, stream: Stream, askers: tuple[Asker, Asker], answer: EventsAnswer) -> AsyncIterator[str]:
        self._open[stream] = askers
        self._counted.update(askers)
        leave = answer.join(stream)
        try:
            async for piece in stream.pieces(self._limits):
                yield piece
        finally:
            leave()
            del self._open[stream]
            self._counted -= Counter(askers)

    async def _unwelcome(self, streams: Iterable[Stream]) -> list[Stream]:
        accesses = [stream.access for stream in streams]
        tenants = sorted({access.tenant for access in accesses})
        statuses = await self._authentication.statuses(tenants)
        over = await self._authentication.ended(sorted({access.sign_in for access in accesses} - {""}))
        roles = await self._roles_of(
            sorted({stream.access.tenant for stream in streams if stream.role is not Role.USER})
        )
        return [
            stream
            for stream in streams
            if statuses.get(stream.access.tenant) is not TenantStatus.ACTIVE
            or stream.access.sign_in in over
            or not roles.get(stream.access.tenant, Role.USER).covers(stream.role)
        ]


def _event(name: str, value: str) -> str:
    return f"event: {name}\ndata: {json.dumps(value)}\n\n"

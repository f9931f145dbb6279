"""The pages connected to this process: each has its own place in its tenant's events, and is sent what comes after."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stoflow.domain.ids import TenantId
from stoflow.http.facts import SocketEventFailed
from stoflow.http.rest.threads import Threads
from stoflow.http.sockets.event_use_cases import EventUseCases
from stoflow.http.sockets.told import MISSED, SEQUENCE
from stoflow.monitoring.record import record
from stoflow.resources.events.wording import Event

READ_AT_ONCE: Final = 200
REPLAYED_AT_MOST: Final = 10_000
GAP_S: Final = 0.1  # what happens meanwhile is read together
Emit = Callable[[str, Mapping[str, Any], str], Awaitable[None]]  # event, data, socket_id


@dataclass(slots=True)
class FrontendSocket:
    """`place` is the number of the last event that it was sent, or needs no more."""

    place: int


class FrontendSockets:
    """Events come from PostgreSQL: hints say when to look, and without any it is looked every so often."""

    def __init__(self, use_cases: EventUseCases, threads: Threads, emit: Emit) -> None:
        self._use_cases = use_cases
        self._threads = threads
        self._emit = emit
        self._sockets: dict[TenantId, dict[str, FrontendSocket]] = {}
        self._woken: set[TenantId] = set()
        self._wake = asyncio.Event()

    async def place_of(self, tenant: TenantId, last_event: int | None) -> int:
        """Return where a page begins that was told so much: with what comes from now on where it does not say."""
        if last_event is not None:
            return last_event
        return (await self._threads.run(self._use_cases.newest, [tenant]))[tenant]

    def join(self, tenant: TenantId, socket_id: str, place: int) -> None:
        self._sockets.setdefault(tenant, {})[socket_id] = FrontendSocket(place)
        self.wake(tenant)

    def leave(self, tenant: TenantId, socket_id: str) -> None:
        own = self._sockets.get(tenant, {})
        own.pop(socket_id, None)
        if not own:
            self._sockets.pop(tenant, None)

    def wake(self, tenant: TenantId) -> None:
        """Look for this tenant's events now."""
        if tenant in self._sockets:
            self._woken.add(tenant)
            self._wake.set()

    async def woken(self, *, timeout_s: float) -> Collection[TenantId]:
        """Wait for a hint, or until it is time to look for all tenants anyway; return whose events to read."""
        await asyncio.sleep(GAP_S)
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            return list(self._sockets)
        self._wake.clear()
        tenants, self._woken = self._woken, set[TenantId]()
        return tenants

    async def tell(self, tenants: Collection[TenantId]) -> None:
        """Send each page of these tenants what comes after its place."""
        # Those that are here before the newest number is read: a later one may have been told of a newer one.
        sockets = {tenant: dict(self._sockets.get(tenant, {})) for tenant in sorted(tenants)}
        if not sockets:
            return
        newest = await self._threads.run(self._use_cases.newest, list(sockets))
        for tenant, own in sockets.items():
            try:
                await self._tell_tenant(tenant, newest[tenant], own)
            except Exception as error:  # noqa: BLE001 - a tenant whose tables are broken holds up no other
                record(SocketEventFailed.of("events", error))

    async def _tell_tenant(self, tenant: TenantId, newest: int, sockets: Mapping[str, FrontendSocket]) -> None:
        for key, socket in sockets.items():
            if not newest - REPLAYED_AT_MOST <= socket.place <= newest:
                await self._begin_anew(key, socket, newest)
        place = min((socket.place for socket in sockets.values()), default=newest)
        if place == newest:
            return
        told = await self._threads.run(self._use_cases.after, tenant, place, READ_AT_ONCE)
        for key, socket in sockets.items():
            if told.missed and socket.place == place:
                await self._begin_anew(key, socket, newest)
        for event in told.events:
            await self._send(event, sockets)
        if told.last < newest or told.missed:
            self.wake(tenant)

    async def _begin_anew(self, socket_id: str, socket: FrontendSocket, newest: int) -> None:
        last_event, socket.place = socket.place, newest
        await self._emit(MISSED, {"last_event": last_event, "number": newest}, socket_id)

    async def _send(self, event: Event, sockets: Mapping[str, FrontendSocket]) -> None:
        said = SEQUENCE[event.type].model_validate({**event.data, "number": event.number, "at": event.at})
        data = said.model_dump(mode="json", exclude_unset=True)
        for key, socket in sockets.items():
            if socket.place < event.number:
                socket.place = event.number
                await self._emit(event.type, data, key)

"""The plugins connected to this process, and the commands that wait for them."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from stoflow.domain.ids import TenantId
from stoflow.http.rest.threads import Threads
from stoflow.http.sockets.plugin_use_cases import PluginUseCases
from stoflow.resources.jobs.views import PluginCommand

PluginKey = tuple[TenantId, str]
Emit = Callable[[str, dict[str, Any], str], Awaitable[None]]  # event, data, socket_id


@dataclass(slots=True)
class PluginSocket:
    """`sent` holds what this socket was sent and has not answered: each command goes once over one socket."""

    socket_id: str
    sent: set[str] = field(default_factory=set[str])


class PluginSockets:
    """Presence and commands follow real connections; PostgreSQL holds both."""

    def __init__(self, use_cases: PluginUseCases, threads: Threads, emit: Emit) -> None:
        self._use_cases = use_cases
        self._threads = threads
        self._emit = emit
        self._sockets: dict[PluginKey, PluginSocket] = {}
        self._departed: set[tuple[PluginKey, str]] = set()  # not told to PostgreSQL yet
        self._woken: set[TenantId] = set()
        self._wake = asyncio.Event()

    async def announce(self, key: PluginKey, socket_id: str) -> None:
        """Tell PostgreSQL that the plugin is here."""
        await self._threads.run(self._use_cases.connected, *key, socket_id)

    def join(self, key: PluginKey, socket_id: str) -> str:
        """Take the plugin in; return the id of the socket it had here before, "" when it had none."""
        before = self._sockets.get(key)
        self._sockets[key] = PluginSocket(socket_id)
        self.wake(key[0])
        return before.socket_id if before else ""

    async def leave(self, key: PluginKey, socket_id: str) -> bool:
        """Return whether the plugin is gone with this socket; it is not when a newer one has replaced it."""
        socket = self._sockets.get(key)
        if socket is None or socket.socket_id != socket_id:
            return False
        del self._sockets[key]
        self._departed.add((key, socket_id))
        await self._tell_departures()
        return True

    def forget(self, key: PluginKey, request_id: str) -> None:
        """Let a command be sent again on the same socket, because its answer could not be stored."""
        if key in self._sockets:
            self._sockets[key].sent.discard(request_id)

    def wake(self, tenant: TenantId) -> None:
        """Look for this tenant's commands now."""
        self._woken.add(tenant)
        self._wake.set()

    async def woken(self, *, timeout_s: float) -> Collection[PluginKey]:
        """Wait for a hint, or until it is time to look at all sockets anyway; return whom to look at."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            return list(self._sockets)
        self._wake.clear()
        tenants, self._woken = self._woken, set[TenantId]()
        return [key for key in self._sockets if key[0] in tenants]

    async def announce_again(self) -> None:
        """Tell PostgreSQL of those it takes for offline: our lease ended in a pause, or another plugin left."""
        tenants = sorted({tenant for tenant, _ in self._sockets})
        absent = set(await self._threads.run(self._use_cases.absent, tenants)) if tenants else set[TenantId]()
        for key, socket in list(self._sockets.items()):
            if key[0] in absent:
                absent.discard(key[0])
                await self.announce(key, socket.socket_id)

    async def send_commands(self, keys: Collection[PluginKey]) -> None:
        """Send each open command of these plugins that their socket has not seen yet."""
        await self._tell_departures()
        if not keys:
            return
        found = await self._threads.run(self._use_cases.open_commands, list(keys))
        await self._send([command for command in found if self._waiting_for(command)])
        open_now: dict[PluginKey, set[str]] = {key: set() for key in keys}
        for command in found:
            open_now.setdefault((command.tenant, command.plugin_id), set()).add(command.request_id)
        for key in keys:
            if key in self._sockets:
                self._sockets[key].sent &= open_now[key]

    def _waiting_for(self, command: PluginCommand) -> PluginSocket | None:
        """Return the socket that a command has not gone over yet, None where it has or its plugin is not here."""
        socket = self._sockets.get((command.tenant, command.plugin_id))
        return None if socket is None or command.request_id in socket.sent else socket

    async def _send(self, leaving: Sequence[PluginCommand]) -> None:
        sent = await self._threads.run(self._use_cases.commands_sent, leaving) if leaving else ()
        bound = {(command.tenant, command.plugin_id, command.request_id): command for command in sent}
        for command in leaving:
            if socket := self._waiting_for(command):
                socket.sent.add(command.request_id)  # now, not before: a failure above is tried again next round
                if told := bound.get((command.tenant, command.plugin_id, command.request_id)):
                    await self._emit("plugin_command", _wording(told), socket.socket_id)

    async def _tell_departures(self) -> None:
        for key, socket_id in list(self._departed):
            await self._threads.run(self._use_cases.gone, *key, socket_id)
            self._departed.discard((key, socket_id))


def _wording(command: PluginCommand) -> dict[str, Any]:
    return {
        "request_id": command.request_id,
        "action": command.action,
        "payload": dict(command.payload),
        "deadline": command.deadline.astimezone(UTC).isoformat(),
        "left_s": round(command.left_s, 3),
        "attempt": command.attempt,
        **({"traceparent": command.traceparent} if command.traceparent else {}),
    }

"""Socket.IO: the server, who is connected to it, and what it does by itself."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.http.auth.auth import Authentication, TenantStatus
from stoflow.http.auth.tenancy import asker_in
from stoflow.http.auth.tokens import Access
from stoflow.http.bucket import Bucket
from stoflow.http.facts import SocketEventFailed
from stoflow.http.rest.problems import NotAllowed, Problem, TooMany, response_of
from stoflow.http.rest.rate_limits import Asker
from stoflow.http.rest.refusals import Refusals
from stoflow.http.rest.threads import Threads
from stoflow.http.sockets.event_use_cases import EventUseCases
from stoflow.http.sockets.events import EVENTS_OF, HELLO, FrontendHello, Hello, PluginHello, Renewal
from stoflow.http.sockets.feed import Feed, follow
from stoflow.http.sockets.frontend_sockets import FrontendSockets
from stoflow.http.sockets.guarded_socket import SCOPE_KEY, TRY_AGAIN_LATER, GuardedSocket, Identity
from stoflow.http.sockets.limits import SocketLimits, SocketTimes
from stoflow.http.sockets.plugin_events import PluginEvents
from stoflow.http.sockets.plugin_sockets import PluginSockets
from stoflow.http.sockets.plugin_use_cases import PluginUseCases
from stoflow.http.sockets.refusals import complain, refusal_of
from stoflow.http.sockets.relay import Relay
from stoflow.http.sockets.server import PAUSE_S, again_and_again, make_server, room_of
from stoflow.monitoring.record import record

WEBSOCKET_ONLY: Final = "Socket.IO is spoken over websocket only here: connect with transports=['websocket']."


class Sockets:
    """The Socket.IO door. `asgi` is its application; `start` and `stop` run what it does by itself."""

    def __init__(
        self,
        plugin: PluginUseCases,
        events: EventUseCases,
        authentication: Authentication,
        threads: Threads,
        refusals: Refusals,
        *,
        relay: Relay | None,
        origins: Sequence[str],
        limits: SocketLimits,
        times: SocketTimes,
    ) -> None:
        self._authentication = authentication
        self._refusals = refusals
        self._relay = relay
        self._limits = limits
        self._times = times
        self._unknown = Counter[Asker]()
        self._sockets: dict[str, GuardedSocket] = {}  # those authenticated, by Socket.IO's id
        self._buckets: dict[TenantId, Bucket] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._server = make_server(relay, origins, limits)
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)
        self._server.on("*", self._hear)
        self._plugins = PluginSockets(plugin, threads, self._emit_to_socket)
        self._frontends = FrontendSockets(events, threads, self._emit_to_socket)
        self._plugin_events = PluginEvents(plugin, threads, self._plugins, self.tell_frontends)

    async def start(self, feed: Feed) -> None:
        rounds = {
            "commands": self._send_commands,
            "events": self._tell_events,
            "presence": self._look_after,
            "feed": partial(self._follow, feed),
        }
        self._tasks = [asyncio.create_task(again_and_again(name, once)) for name, once in rounds.items()]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for socket_id, socket in list(self._sockets.items()):
            socket.end("This process is stopping; connect again.", TRY_AGAIN_LATER)
            await self._disconnect(socket_id)
        await self._server.shutdown()
        if self._relay is not None:
            await self._relay.stop()

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Guard a websocket and hand it to python-socketio."""
        if scope["type"] != "websocket":
            await response_of(Problem(400, WEBSOCKET_ONLY))(scope, receive, send)
            return
        asker = asker_in(scope)
        if self._is_crowded(asker):
            await self._refusals.pause(scope)
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": "Too many sockets are waiting."})
            return
        pause = partial(self._refusals.pause, scope)
        known = partial(self._count, asker, -1)
        socket = GuardedSocket(scope, receive, send, limits=self._limits, times=self._times, pause=pause, known=known)
        self._count(asker, 1)
        try:
            with suppress(OSError):  # ASGI's word for it that whoever is sent something is gone
                await self._server.handle_request(socket.scope, socket.receive, socket.send)
        except Exception as error:  # noqa: BLE001 - the last one who can answer
            record(SocketEventFailed.of("socket", error))
        finally:
            socket.release()
            await self._disconnect(socket.socket_id)  # python-socketio forgets those that leave while they come in
            await self._server.forget(socket.engine_id)

    def _is_crowded(self, asker: Asker) -> bool:
        """Return whether too many have not said who they are: of all clients, or of this one."""
        of_all, own = self._unknown.total(), self._unknown[asker]
        return of_all >= self._limits.unknown_sockets or own >= self._limits.address_unknown

    def _count(self, asker: Asker, more: int) -> None:
        self._unknown[asker] += more
        if not self._unknown[asker]:
            del self._unknown[asker]

    async def tell_frontends(self, tenant: TenantId, event: str, data: Mapping[str, Any]) -> None:
        """Tell the tenant's frontends, at every api process."""
        await self._server.emit(event, dict(data), room=room_of(tenant))

    # --- what python-socketio calls ---------------------------------------------------------------------------------

    async def _connect(self, socket_id: str, environ: Mapping[str, Any], auth: object = None) -> None:
        socket: GuardedSocket = environ["asgi.scope"][SCOPE_KEY]
        try:
            hello = HELLO.validate_python(auth)
            access = await self._authentication.access(hello.token)
            await self._admit(socket_id, socket, hello, access)
        except Exception as error:  # noqa: BLE001 - the last one who can answer
            await self._refusals.pause(socket.scope)
            raise refusal_of(socket, error) from None

    async def _disconnect(self, socket_id: str, _: str = "") -> None:
        socket = self._sockets.pop(socket_id, None)
        if socket is None or socket.identity is None:
            return
        identity = socket.identity
        self._frontends.leave(identity.tenant, socket_id)
        if not any(self._sockets_of(identity.tenant)):
            self._buckets.pop(identity.tenant, None)
        try:
            if identity.plugin_id and await self._plugins.leave((identity.tenant, identity.plugin_id), socket_id):
                self._frontends.wake(identity.tenant)
        except Exception as error:  # noqa: BLE001 - the last one who can answer
            record(SocketEventFailed.of("disconnect", error))

    async def _hear(self, event: str, socket_id: str, data: object = None) -> dict[str, Any] | None:
        socket = self._sockets.get(socket_id)
        if socket is None or socket.identity is None:
            return None
        try:
            await self._heard(socket, socket.identity, event, data)
        except Exception as error:  # noqa: BLE001 - the last one who can answer
            return await complain(socket, event, error)
        return {"ok": True}

    async def _heard(self, socket: GuardedSocket, identity: Identity, event: str, data: object) -> None:
        schema = EVENTS_OF[identity.kind].get(event)
        if schema is None:
            raise NotFound(f"There is no such event for a {identity.kind} to send.")
        said = schema.model_validate({} if data is None else data)
        if not isinstance(said, Renewal):
            await self._plugin_events.hear(identity, said)
            return
        access = await self._authentication.access(said.token)
        if access.tenant != identity.tenant:
            raise NotAllowed("This token is another account's.")
        socket.identity = replace(identity, sign_in=access.sign_in)
        socket.renew(access.expires_at)

    # --- coming in --------------------------------------------------------------------------------------------------

    async def _admit(self, socket_id: str, socket: GuardedSocket, hello: Hello, access: Access) -> None:
        tenant = access.tenant
        if sum(1 for _ in self._sockets_of(tenant)) >= self._limits.sockets_per_tenant:
            raise TooMany("This account has too many open sockets.")
        plugin_id = hello.plugin_id if isinstance(hello, PluginHello) else ""
        place = await self._frontends.place_of(tenant, hello.last_event) if isinstance(hello, FrontendHello) else 0
        identity = Identity(tenant=tenant, kind=hello.client, plugin_id=plugin_id, sign_in=access.sign_in)
        self._sockets[socket_id] = socket
        socket.admit(socket_id, identity, expires_at=access.expires_at, tenant_bucket=self._bucket_of(tenant))
        if not plugin_id:
            await self._server.enter_room(socket_id, room_of(tenant))
            self._frontends.join(tenant, socket_id, place)
            return
        try:
            await self._plugins.announce((tenant, plugin_id), socket_id)
        except Exception:
            del self._sockets[socket_id]
            raise
        self._frontends.wake(tenant)
        # Nothing is awaited from here on: no command may leave before python-socketio has confirmed the connection.
        replaced = self._sockets.get(self._plugins.join((tenant, plugin_id), socket_id))
        if replaced is not None:
            replaced.end("The same plugin has connected again.")

    def _sockets_of(self, tenant: TenantId) -> Iterator[GuardedSocket]:
        return (one for one in self._sockets.values() if one.identity is not None and one.identity.tenant == tenant)

    def _bucket_of(self, tenant: TenantId) -> Bucket:
        if tenant not in self._buckets:
            self._buckets[tenant] = Bucket(
                per_s=self._limits.tenant_frames_per_s,
                burst=self._limits.tenant_frames_burst,
                clock=asyncio.get_running_loop().time,
            )
        return self._buckets[tenant]

    # --- what the door does by itself -------------------------------------------------------------------------------

    async def _send_commands(self) -> None:
        await self._plugins.send_commands(await self._plugins.woken(timeout_s=self._times.poll_s))

    async def _tell_events(self) -> None:
        await self._frontends.tell(await self._frontends.woken(timeout_s=self._times.poll_s))

    async def _look_after(self) -> None:
        await asyncio.sleep(self._times.poll_s)
        await self._end_the_unwelcome()
        await self._plugins.announce_again()

    async def _end_the_unwelcome(self) -> None:
        tenants = {one.identity.tenant for one in self._sockets.values() if one.identity is not None}
        if not tenants:
            return
        statuses = await self._authentication.statuses(sorted(tenants))
        for tenant in tenants:
            if statuses.get(tenant) is not TenantStatus.ACTIVE:
                for socket in list(self._sockets_of(tenant)):
                    socket.end("This account is suspended.")
        await self._end_the_signed_out()

    async def _end_the_signed_out(self) -> None:
        sign_ins = {one.identity.sign_in for one in self._sockets.values() if one.identity is not None} - {""}
        over = await self._authentication.ended(sorted(sign_ins)) if sign_ins else ()
        for socket in list(self._sockets.values()):
            if socket.identity is not None and socket.identity.sign_in in over:
                socket.end("This sign-in is over.")

    async def _follow(self, feed: Feed) -> None:
        await follow(feed, tell=self._tell_here, wake=self._plugins.wake, changed=self._frontends.wake)
        await asyncio.sleep(PAUSE_S)  # it ended; do not spin while it keeps ending

    async def _tell_here(self, tenant: TenantId, event: str, data: Mapping[str, Any]) -> None:
        """Tell this process's frontends only: every api process hears the feed itself."""
        await self._server.emit(event, dict(data), room=room_of(tenant), ignore_queue=True)

    async def _emit_to_socket(self, event: str, data: Mapping[str, Any], socket_id: str) -> None:
        await self._server.emit(event, dict(data), to=socket_id, ignore_queue=True)

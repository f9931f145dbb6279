"""What a plugin says, handed to the use cases."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from stoflow.domain.ids import TenantId
from stoflow.http.rest.schemas import Given
from stoflow.http.rest.threads import Threads
from stoflow.http.sockets.events import (
    PluginProgress,
    PluginResponse,
    RobotCheck,
    SessionUpdate,
)
from stoflow.http.sockets.guarded_socket import Identity
from stoflow.http.sockets.plugin_sockets import PluginSockets
from stoflow.http.sockets.plugin_use_cases import PluginUseCases
from stoflow.monitoring.context import about

TellFrontends = Callable[[TenantId, str, Mapping[str, Any]], Awaitable[None]]
ROBOT_CHECK = "The marketplace asks whether the seller is a robot; the seller must answer in the browser."


class PluginEvents:
    """One method for each thing a plugin may say."""

    def __init__(
        self, use_cases: PluginUseCases, threads: Threads, plugins: PluginSockets, tell_frontends: TellFrontends
    ) -> None:
        self._use_cases = use_cases
        self._threads = threads
        self._plugins = plugins
        self._tell_frontends = tell_frontends

    async def hear(self, identity: Identity, said: Given) -> None:
        with about(tenant=identity.tenant):
            await self._hear(identity, said)

    async def _hear(self, identity: Identity, said: Given) -> None:
        match said:
            case PluginResponse():
                await self._answered(identity, said)
            case PluginProgress():
                await self._tell_frontends(identity.tenant, "plugin_progress", said.model_dump())
            case SessionUpdate():
                await self._session(identity.tenant, said.marketplace, ok=said.ok, reason=said.reason)
            case RobotCheck():
                await self._session(identity.tenant, said.marketplace, ok=False, reason=said.reason or ROBOT_CHECK)
            case _:
                raise TypeError(type(said).__name__)

    async def _answered(self, identity: Identity, said: PluginResponse) -> None:
        try:
            await self._threads.run(
                self._use_cases.receive_answer, identity.tenant, identity.plugin_id, said.request_id, said.answer()
            )
        except Exception:
            # Sent again, the plugin repeats its answer out of its journal: that is how the answer is not lost.
            self._plugins.forget((identity.tenant, identity.plugin_id), said.request_id)
            raise

    async def _session(self, tenant: TenantId, marketplace: str, *, ok: bool, reason: str) -> None:
        await self._threads.run(self._use_cases.session_state, tenant, marketplace, ok, reason)

"""Use cases of plugins, without PostgreSQL."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from queue import Queue
from typing import Any

from stoflow.domain.call import Answer
from stoflow.domain.errors import DatabaseUnavailable
from stoflow.domain.ids import TenantId
from stoflow.http.sockets.plugin_use_cases import PluginUseCases
from stoflow.resources.jobs.views import PluginCommand
from tests.harness.faked.events import FakeEvents
from tests.harness.serving import WAIT_S


class FakePlugins(FakeEvents):
    """Plugins of several tenants and what waits for them, in memory."""

    def reset(self) -> None:
        super().reset()
        self.taken_for_offline: set[TenantId] = set()
        self.deaf = 0  # so many departures are not heard
        self.on_answer = self.receive_answer
        self.commands: dict[str, tuple[PluginCommand, str]] = {}  # by request: the command, the plugin bound
        self.said: Queue[tuple[Any, ...]] = Queue()  # what the plugin side was told, in order

    def plugin(self) -> PluginUseCases:
        return PluginUseCases(
            connected=self.connected,
            gone=self.gone,
            absent=lambda tenants: [tenant for tenant in tenants if tenant in self.taken_for_offline],
            open_commands=self.open_commands,
            commands_sent=self.commands_sent,
            receive_answer=self._answered,
            session_state=lambda *told: self.said.put(("session", *told)),
        )

    def add_command(self, tenant: TenantId, request_id: str, *, bound_to: str = "") -> None:
        times = datetime.now(UTC) + timedelta(minutes=2), 120.0
        command = PluginCommand(tenant, request_id, "", "vinted.draft.create", {"title": "Coat"}, *times, "1-2-3-4")
        self.commands[request_id] = (command, bound_to)

    def open_commands(self, plugins: Sequence[tuple[TenantId, str]]) -> Sequence[PluginCommand]:
        self.answers()
        return [
            replace(command, plugin_id=plugin_id)
            for tenant, plugin_id in plugins
            for command, bound in list(self.commands.values())
            if command.tenant == tenant and bound in {"", plugin_id}
        ]

    def commands_sent(self, leaving: Sequence[PluginCommand]) -> Sequence[PluginCommand]:
        return [each for each in leaving if self._binds(each.request_id, each.plugin_id)]

    def _binds(self, request_id: str, plugin_id: str) -> bool:
        command, bound = self.commands[request_id]
        if bound in {"", plugin_id}:
            self.commands[request_id] = (command, plugin_id)
        return bound in {"", plugin_id}

    def connected(self, tenant: TenantId, *told: str) -> None:
        self.taken_for_offline.discard(tenant)
        self.tell(tenant, "vinted_connection_status", {"connected": True, "since": datetime.now(UTC)})
        self.said.put(("connected", tenant, *told))

    def _answered(self, *told: Any) -> None:
        self.on_answer(*told)

    def gone(self, *told: Any) -> None:
        if self.deaf:
            self.deaf -= 1
            raise DatabaseUnavailable("nobody hears")
        self.tell(told[0], "vinted_connection_status", {"connected": False, "since": datetime.now(UTC)})
        self.said.put(("gone", *told))

    def receive_answer(self, tenant: TenantId, plugin_id: str, request_id: str, answer: Answer) -> None:
        self.answers()
        self.commands.pop(request_id, None)
        self.said.put(("answer", tenant, plugin_id, request_id, answer))

    def next_said(self) -> tuple[Any, ...]:
        """Return what the plugin side was told next about Alice or Bob; another test's sockets may still be leaving."""
        while True:
            said = self.said.get(timeout=WAIT_S)
            if said[1] in {self.alice, self.bob}:
                return said

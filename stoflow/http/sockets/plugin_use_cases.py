"""What the sockets ask on behalf of sellers' plugins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stoflow.domain.call import Answer
from stoflow.domain.ids import TenantId
from stoflow.resources.jobs.views import PluginCommand


@dataclass(frozen=True, slots=True)
class PluginUseCases:
    """Every call may be repeated.

    `commands_sent` is called before commands leave: it answers those that are bound to the plugin that they would go
    to, so that no second plugin ever receives one. `receive_answer` ignores unknown and late
    answers.
    """

    connected: Callable[[TenantId, str, str], None]  # tenant, plugin_id, socket_id
    gone: Callable[[TenantId, str, str], None]
    absent: Callable[[Sequence[TenantId]], Sequence[TenantId]]  # those of them taken for offline
    open_commands: Callable[[Sequence[tuple[TenantId, str]]], Sequence[PluginCommand]]
    commands_sent: Callable[[Sequence[PluginCommand]], Sequence[PluginCommand]]
    receive_answer: Callable[[TenantId, str, str, Answer], None]  # tenant, plugin_id, request_id, answer
    session_state: Callable[[TenantId, str, bool, str], None]  # tenant, marketplace, ok, reason

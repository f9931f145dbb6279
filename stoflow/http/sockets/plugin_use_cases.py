"""What the sockets ask on behalf of sellers' plugins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stoflow.domain.call import Answer
from stoflow.domain.ids import TenantId
from stoflow.resources.jobs.views import PluginCommand


@dataclass(frozen=True, slots=True)
class PluginUseCases:
    """Every call may be repeated.

    `command_sent` is called before a command leaves: it binds the command to this plugin_id and says whether it is
    bound to it now, so that no second plugin ever receives it. `receive_answer` ignores unknown and late answers.
    """

    connected: Callable[[TenantId, str, str], None]  # tenant, plugin_id, socket_id
    gone: Callable[[TenantId, str, str], None]
    absent: Callable[[Sequence[TenantId]], Sequence[TenantId]]  # those of them taken for offline
    open_commands: Callable[[Sequence[tuple[TenantId, str]]], Sequence[PluginCommand]]
    command_sent: Callable[[TenantId, str, str], bool]  # tenant, request_id, plugin_id
    receive_answer: Callable[[TenantId, str, str, Answer], None]  # tenant, plugin_id, request_id, answer
    session_state: Callable[[TenantId, str, bool, str], None]  # tenant, marketplace, ok, reason

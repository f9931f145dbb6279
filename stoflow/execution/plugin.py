"""The plugin's side of the engine: who is there, what it was asked, whether its session is good."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from stoflow.domain.errors import DatabaseRefused
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.ids import JobId, TenantId
from stoflow.execution.engine import Engine
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.monitoring.traces import is_tracing, span, traced_in, traceparent
from stoflow.resources.jobs.views import PluginCommand
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine import commands
from stoflow.storage.engine.connection_state import connected_again, needs_seller
from stoflow.storage.engine.ownership import announce

THE_TENANT = JobId(0)


def connected(engine: Engine, tenant: TenantId, plugin_id: str, socket_id: str) -> None:
    """Note that the tenant's plugin is here: its jobs may go on. A tenant that cannot be served has none."""
    failpoint("plugin.connected.before")
    with engine.database.records() as connection:
        list(commands.open_commands(connection, [(tenant, plugin_id)]))
        commands.set_connected(connection, tenant, plugin_id, process=engine.process(), socket_id=socket_id)
        announce(connection, tenant, THE_TENANT)
    failpoint("plugin.connected.after")
    engine.feed.announced()


def gone(engine: Engine, tenant: TenantId, plugin_id: str, socket_id: str) -> None:
    """Note that it left, unless it has come again by another socket."""
    failpoint("plugin.gone.before")
    with engine.database.records() as connection:
        if commands.set_gone(connection, tenant, plugin_id, socket_id):
            announce(connection, tenant, THE_TENANT)
    failpoint("plugin.gone.after")
    engine.feed.announced()


def absent(engine: Engine, tenants: Sequence[TenantId]) -> Sequence[TenantId]:
    """Return those taken for offline: after a pause past the lease they must be announced again."""
    with engine.database.records() as connection:
        return commands.absent(connection, tenants)


def open_commands(engine: Engine, plugins: Sequence[tuple[TenantId, str]]) -> list[PluginCommand]:
    """Return what these plugins have not answered yet, each one's oldest first; a broken tenant has nothing to do."""
    try:
        with engine.database.planned_records() as connection:
            return list(read_commands(connection, plugins))
    except DatabaseRefused as error:
        if len(plugins) > 1:
            return [command for plugin in plugins for command in open_commands(engine, [plugin])]
        record(database_failure(f"reading the commands of tenant {plugins[0][0]}", error))
        return []


def read_commands(connection: Transaction, plugins: Sequence[commands.PluginKey]) -> Iterator[PluginCommand]:
    for (tenant, plugin_id), found in zip(plugins, commands.open_commands(connection, plugins), strict=True):
        for command in found:
            yield PluginCommand(
                tenant=tenant,
                request_id=command.request_id,
                plugin_id=plugin_id,
                action=command.action,
                payload=command.payload,
                deadline=command.deadline,
                left_s=command.left_s,
                attempt=command.attempt,
            )


def commands_sent(engine: Engine, leaving: Sequence[PluginCommand]) -> Sequence[PluginCommand]:
    """Note that these commands leave, in one commit; return those that are their plugin's, each with what its spans
    belong to, where this process makes spans and keeps those of its job's trace.

    One at a time they would wait for each other: at 200 a second the round of one socket is everybody's.
    """
    by_plugin = defaultdict[commands.PluginKey, list[str]](list)
    for command in leaving:
        by_plugin[command.tenant, command.plugin_id].append(command.request_id)
    failpoint("plugin.sent.before")
    with engine.database.planned_records() as connection:
        theirs = commands.mark_sent(connection, by_plugin, traced=is_tracing())
    failpoint("plugin.sent.after")
    parents = [(command, theirs[command.tenant, command.plugin_id].get(command.request_id)) for command in leaving]
    return [_traced(command, parent) for command, parent in parents if parent is not None]


def _traced(command: PluginCommand, parent: str) -> PluginCommand:
    if not traced_in(parent):
        return command
    with span(f"ask {command.action}", "producer", parent=parent, stoflow__request_id=command.request_id):
        return replace(command, traceparent=traceparent())


def session_state(engine: Engine, tenant: TenantId, marketplace: str, ok: bool, reason: str) -> None:  # noqa: FBT001
    """Stop the marketplace for this tenant while its session is not good, and let it go on once it is.

    Of a marketplace that is not reached by a plugin it has nothing to say.
    """
    place = engine.registry.marketplaces.get(marketplace)
    if place is None or not place.by_plugin:
        return
    ended = needs_seller(tenant, marketplace, reason, person=True)  # the plugin says itself when it is good again
    statement = connected_again(tenant, marketplace) if ok else ended
    failpoint("plugin.session.before")
    with engine.database.records() as connection:
        statement.on(connection)
        announce(connection, tenant, THE_TENANT)
    failpoint("plugin.session.after")
    engine.feed.announced()

"""Children that died: said, buried in the database, and started again."""

from collections.abc import Sequence

from stoflow.cli.run.children import Child, Children
from stoflow.domain.errors import DatabaseError
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.processes import ProcessDied
from stoflow.monitoring.record import record
from stoflow.storage.database.single import single_connection
from stoflow.storage.engine.processes import mark_children_dead


def replace_dead(children: Children, database_url: str) -> Sequence[Child]:
    """Start again those that have ended; return them. The database is opened for the dead, and closed again."""
    ended = children.ended
    news = [child for child in ended if child.lifeline is not None]
    for child in news:
        record(ProcessDied(child.name, child.process.pid, f"exit code {child.process.returncode}"))
    if news:
        _mark_dead(database_url, [child.process.pid for child in news])
    return children.revive(ended)


def _mark_dead(database_url: str, pids: Sequence[int]) -> None:
    """Let the sweeper free what the children held now, instead of at the end of their leases."""
    try:
        with single_connection(database_url) as connection:
            mark_children_dead(connection, pids)
    except DatabaseError as error:
        record(database_failure("burying a process", error))

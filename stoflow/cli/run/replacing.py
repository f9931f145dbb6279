"""Children that died: said, buried in the database, and started again."""

from collections.abc import Sequence
from contextlib import closing

from stoflow.cli.run.children import Child, Children
from stoflow.domain.errors import DatabaseError
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.processes import ProcessDied
from stoflow.monitoring.record import record
from stoflow.storage.database.session import Database
from stoflow.storage.engine.processes import mark_child_dead


def replace_dead(children: Children, database_url: str) -> Sequence[Child]:
    """Start again those that have ended; return them. The database is opened for the dead, and closed again."""
    ended = [child for child in children.running if child.has_ended]
    for child in ended:
        record(ProcessDied(child.name, child.process.pid, f"exit code {child.process.returncode}"))
        _mark_dead(database_url, child.process.pid)
    children.revive()
    return ended


def _mark_dead(database_url: str, pid: int) -> None:
    """Let the sweeper free what the child held now, instead of at the end of its lease."""
    try:
        with closing(Database(database_url, pool_size=1)) as database, database.records() as connection:
            mark_child_dead(connection, pid)
    except DatabaseError as error:
        record(database_failure("burying a process", error))

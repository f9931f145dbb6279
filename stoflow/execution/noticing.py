"""A marketplace's push: the look that waits for the operation is made now, and asks what became of it."""

from collections.abc import Sequence

from stoflow.domain.errors import DatabaseRefused
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.ids import JobId
from stoflow.domain.run import NextMove, RunMode, RunReport
from stoflow.execution.engine import Engine
from stoflow.execution.reporting import tell_owner
from stoflow.marketplaces.notices import Notice
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.engine.operations import Waiting, find_waiting, make_due


def hear(engine: Engine, marketplace: str, notices: Sequence[Notice]) -> None:
    """Let whoever waits for these operations ask now; one that nobody waits for changes nothing."""
    with engine.database.records() as connection:
        found = find_waiting(connection, marketplace, [notice.operation for notice in notices])
    for waiting in found:
        try:
            _wake(engine, marketplace, waiting)
        except DatabaseRefused as error:  # a tenant that is broken, or gone: the others hear it all the same
            record(database_failure(f"hearing a notice for tenant {waiting.tenant}", error))


def _wake(engine: Engine, marketplace: str, waiting: Waiting) -> None:
    failpoint("notice.before")
    with engine.database.records() as connection:
        due = make_due(connection, waiting)
    failpoint("notice.after")
    if due is not None:
        tell_owner(engine, _report(marketplace, waiting, *due))


def _report(marketplace: str, waiting: Waiting, job: JobId, claims: int) -> RunReport:
    return RunReport(waiting.tenant, job, marketplace, RunMode.LOOK, NextMove.LOOK, waiting.task, claims, 0.0)

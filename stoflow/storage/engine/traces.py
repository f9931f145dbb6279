"""Which trace a job belongs to: a column that whoever inserts one fills without naming it."""

from stoflow.monitoring.traces import traceparent
from stoflow.storage.database.transactions import Transaction

# The column's default reads it, so that no statement that makes jobs is longer for it, and old programs need not know.
SET = "SELECT set_config('stoflow.traceparent', %(traceparent)s, true)"


def keep_trace(connection: Transaction) -> None:
    """Let the jobs that this transaction makes belong to the trace of what is done now, if there is one."""
    if told := traceparent():
        connection.execute(SET, {"traceparent": told})

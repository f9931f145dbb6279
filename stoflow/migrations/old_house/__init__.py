"""How a database of before January 2026 is carried over while the program that wrote it goes on writing.

`carry_over` is all of it but the end: expand, carry the rows over, switch. The contract is a step of its own.
"""

from sqlalchemy import Connection, Engine

from stoflow.migrations.old_house.carrying import Pace, Progress, Tell, carry_rows, prepare_switch
from stoflow.migrations.old_house.expand import expand
from stoflow.migrations.old_house.locking import locked, tables_of
from stoflow.migrations.old_house.shape import is_old, keeps_old_names, schemas_keeping
from stoflow.migrations.old_house.switch import give_up_running, switch

__all__ = ["Pace", "Progress", "Tell", "carry_over", "give_up_running", "is_old", "schemas_keeping"]


def carry_over(engine: Engine, schema: str, pace: Pace, tell: Tell, *, within_ms: int) -> None:
    """Bring a tenant's schema of the old shape to the newest revision, or go on where a run that did was killed.

    The tables are held for a moment at the beginning and for a moment at the end, for which OperationalError is raised
    where they are in use for `within_ms`.
    """

    def begin(connection: Connection) -> None:
        if not keeps_old_names(connection, schema):
            expand(connection, schema)

    locked(engine, tables_of(schema), begin, within_ms=within_ms)
    carry_rows(engine, schema, pace, tell)
    prepare_switch(engine, schema)
    locked(engine, tables_of(schema), lambda connection: switch(connection, schema), within_ms=within_ms)

"""How a database of before January 2026 is carried over while the program that wrote it goes on writing.

`carry_over` is all of it but the end: expand, carry the rows over, switch. The contract is a step of its own.
"""

from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection, Engine

from stoflow.migrations.chains import has_table, read_scripts, upgrade
from stoflow.migrations.old_house.carrying import Pace, Progress, Tell, carry_rows, prepare_switch
from stoflow.migrations.old_house.expand import expand
from stoflow.migrations.old_house.locking import locked, tables_of
from stoflow.migrations.old_house.shape import is_old, keeps_old_names, schemas_keeping
from stoflow.migrations.old_house.switch import finish, give_up_running, revisions_left, switch
from stoflow.migrations.revisions import TENANT

__all__ = ["Pace", "Progress", "Tell", "carry_over", "give_up_running", "is_old", "schemas_keeping"]


def carry_over(engine: Engine, schema: str, pace: Pace, tell: Tell, *, within_ms: int) -> None:
    """Bring a tenant's schema of the old shape to the newest revision, or go on where a run that did was killed.

    The tables are held for moments, for which OperationalError is raised where they are in use for `within_ms`.
    """

    def holding(do: Callable[[Connection], None]) -> None:
        locked(engine, tables_of(schema), do, within_ms=within_ms)

    read_scripts(TENANT)
    with engine.connect() as connection:
        is_expanded, is_switched = has_table(connection, schema, "old_writes"), keeps_old_names(connection, schema)
    if not is_expanded:
        holding(partial(expand, schema=schema))
    if not is_switched:
        carry_rows(engine, schema, pace, tell)
        prepare_switch(engine, schema)
        holding(partial(switch, schema=schema))
    with engine.connect() as connection:
        left = revisions_left(connection, schema)
    for revision in left:
        holding(partial(upgrade, stream=TENANT, schema=schema, target=revision))
    holding(partial(finish, schema=schema))

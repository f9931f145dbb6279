"""How a database of before January 2026 is carried over while the program that wrote it goes on writing.

`carry_over` is all of it but the end: expand, carry the rows over, switch. The contract is a step of its own.
"""

from functools import partial

from sqlalchemy import Engine

from stoflow.migrations.chains import has_table, write_upgrade
from stoflow.migrations.old_house.carrying import Pace, Progress, Tell, carry_rows, prepare_switch
from stoflow.migrations.old_house.expand import write_expand
from stoflow.migrations.old_house.locking import holding
from stoflow.migrations.old_house.shape import (
    is_old,
    keeps_old_names,
    make_missing,
    schemas_keeping,
    schemas_unfinished,
)
from stoflow.migrations.old_house.switch import give_up_running, revisions_left, write_finish, write_switch

__all__ = [
    "Pace",
    "Progress",
    "Tell",
    "carry_over",
    "expand",
    "give_up_running",
    "is_old",
    "schemas_keeping",
    "schemas_unfinished",
]


def carry_over(engine: Engine, schema: str, pace: Pace, tell: Tell, *, within_ms: int) -> None:
    """Bring a tenant's schema of the old shape to the newest revision, or go on where a run that did was killed.

    The tables are held for moments, for which OperationalError is raised where they are in use for `within_ms`.
    """
    hold = partial(holding, engine, schema, within_ms=within_ms)
    with engine.connect() as connection:
        is_expanded, is_switched = has_table(connection, schema, "old_writes"), keeps_old_names(connection, schema)
    if not is_expanded:
        expand(engine, schema, within_ms=within_ms)
    if not is_switched:
        carry_rows(engine, schema, pace, tell)
        prepare_switch(engine, schema)
        hold(write_switch)
    with engine.connect() as connection:
        left = revisions_left(connection, schema)
    for revision in left:
        hold(partial(write_upgrade, target=revision))
    hold(write_finish)


def expand(engine: Engine, schema: str, *, within_ms: int) -> None:
    """Take the first step of `carry_over`, which can be taken back."""
    with engine.begin() as connection:
        make_missing(connection, schema)
    holding(engine, schema, write_expand, within_ms=within_ms)

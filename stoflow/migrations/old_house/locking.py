"""Locks that nobody waits for long behind: asked for again and again, for a moment each time."""

import time
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from stoflow.migrations.chains import driver_of, has_table

Answer = TypeVar("Answer")
Write = Callable[[Connection, str], str]

# In the order in which old programs lock them in one transaction, as far as they have one.
TABLES = ("batch_jobs", "marketplace_jobs", "marketplace_tasks", "vinted_job_stats", "products")
TRY_MS = 100  # far below PostgreSQL's deadlock_timeout, so that it is never an old program that loses
NEXT_TRY_MS = 20
PAUSE_S = 0.2


def execute(connection: Connection, statements: str, schema: str = "") -> None:
    """Execute statements as they are, but for `{s}`, in the transaction that is open."""
    driver_of(connection).execute(statements.replace("{s}", schema).encode())


def locked(engine: Engine, tables: Sequence[str], do: Callable[[Connection], Answer], *, within_ms: int) -> Answer:
    """Return what `do` returns of a transaction that holds these tables for itself; those there are not are left out.

    Raise OperationalError where they are in use whenever they are asked for.
    """
    until_s, random = time.monotonic() + within_ms / 1_000, Random()
    while True:
        try:
            with engine.begin() as connection:
                _lock(connection, tables, min(TRY_MS, within_ms))
                execute(connection, f"SET LOCAL lock_timeout = {within_ms}")
                return do(connection)
        except (OperationalError, psycopg.OperationalError):
            if time.monotonic() > until_s:
                raise
            time.sleep(PAUSE_S * random.random())


def holding(engine: Engine, schema: str, write: Write, *, within_ms: int) -> None:
    """Execute what `write` returns while the tenant's tables are held.

    It is written before, and sent in one message: on a busy machine each further one makes others wait for us to be
    woken once more, which is longer than the statements take.
    """
    with engine.begin() as connection:
        statements = write(connection, schema)
    locked(engine, tables_of(schema), lambda connection: execute(connection, statements), within_ms=within_ms)


def tables_of(schema: str) -> Sequence[str]:
    """Return the tables of a tenant that old programs write."""
    return [f"{schema}.{table}" for table in TABLES]


def _lock(connection: Connection, tables: Sequence[str], try_ms: int) -> None:
    """Lock those there are in one round trip: while the others are waited for, the first ones keep everybody out."""
    there = [table for table in tables if has_table(connection, *table.split("."))]
    first = f"SET LOCAL lock_timeout = {try_ms}"
    rest = f"SET LOCAL lock_timeout = {min(try_ms, NEXT_TRY_MS)}"
    locks = [f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE" for table in there]
    execute(connection, "; ".join([first, *locks[:1], rest, *locks[1:]]))

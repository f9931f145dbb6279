"""Databases that live as long as a test: copies of one that is migrated once."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from stoflow.migrations.runner import migrate
from stoflow.storage.database.connecting import plain_url
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import create_tenant
from stoflow.storage.servers.embedded import servers
from stoflow.storage.servers.keeping import ServerUrls

FIRST_TENANT = "seller1@example.com"
PREFIX = f"stoflow_test_{os.getpid()}"


@contextmanager
def opened_servers(*, with_redis: bool = True) -> Iterator[ServerUrls]:
    """Give the servers named by the environment, else embedded ones in a folder of this run."""
    named = os.environ.get("STOFLOW_DATABASE_URL"), os.environ.get("STOFLOW_REDIS_URL")
    if named[0] and (named[1] or not with_redis):
        yield ServerUrls(named[0], named[1] or "")
        return
    with tempfile.TemporaryDirectory(prefix="stoflow-tests-") as home, servers(Path(home), durable=False) as embedded:
        yield ServerUrls(named[0] or embedded.database_url, named[1] or embedded.redis_url)


class Databases:
    """Makes and drops databases; `migrated` is the one the others are copied from, `peopled` that one with a tenant.

    Tests come in by `door_url`. What copies a database goes to the server itself: a pooler would go on using it.
    """

    def __init__(self, server_url: str, door_url: str) -> None:
        self._server_url, self._door_url = plain_url(server_url), plain_url(door_url)
        self._numbers = count(1)
        self._made: dict[str, tuple[str, int]] = {}  # of which template, and what others had written before
        self._own_writes = 0
        self._unused: dict[str, list[str]] = {}  # by template
        self.migrated = self.create()
        migrate(self.at(self._server_url, self.migrated))

    @cached_property
    def peopled(self) -> str:
        """A migrated database with one tenant, `FIRST_TENANT`, whose tables take as long to make as all the others."""
        name = self.create(self.migrated)
        database = Database(self.at(self._server_url, name), application_name="stoflow tests")
        create_tenant(database, FIRST_TENANT)
        database.close()
        return name

    def create(self, template: str = "template0") -> str:
        """Return a copy of the template; one that a test had before, where that test wrote nothing at all."""
        if unused := self._unused.get(template):
            return unused.pop()
        name = f"{PREFIX}_{next(self._numbers)}"
        with self._connected() as connection:
            # WAL_LOG copies a small database fastest, without a checkpoint.
            self._write(connection, "CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log", name, template)
            self._made[name] = (template, self._written_by_others(connection))
        return name

    def drop(self, name: str) -> None:
        template, before = self._made[name]
        with self._connected() as connection:
            if self._written_by_others(connection) == before and not _is_in_use(connection, name):
                self._unused.setdefault(template, []).append(name)
            else:
                self._write(connection, "DROP DATABASE {} WITH (FORCE)", name)
                del self._made[name]

    def drop_all(self) -> None:
        with self._connected() as connection:
            for name in reversed(self._made):
                self._write(connection, "DROP DATABASE {} WITH (FORCE)", name)

    def url_of(self, name: str) -> str:
        return self.at(self._door_url, name)

    @staticmethod
    def at(url: str, name: str) -> str:
        """Return the address of a database by the way of another URL."""
        return make_url(plain_url(url)).set(database=name).render_as_string(hide_password=False)

    @staticmethod
    def name_of(url: str) -> str:
        return str(make_url(url).database)

    def _connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self._server_url, autocommit=True)

    def _write(self, connection: psycopg.Connection[tuple[Any, ...]], statement: LiteralString, *names: str) -> None:
        before = _next_transaction(connection)
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
        self._own_writes += _next_transaction(connection) - before

    def _written_by_others(self, connection: psycopg.Connection[tuple[Any, ...]]) -> int:
        """Return a number that goes up with each transaction of a test's that wrote, in whichever database."""
        return _next_transaction(connection) - self._own_writes


def _next_transaction(connection: psycopg.Connection[tuple[Any, ...]]) -> int:
    """Return the number that the server's next transaction that writes will have."""
    row = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
    assert row is not None
    return row[0]


def _is_in_use(connection: psycopg.Connection[tuple[Any, ...]], name: str) -> bool:
    """Whether somebody is still in it: a connection of a pooler, or one that a test left open."""
    return connection.execute("SELECT FROM pg_stat_activity WHERE datname = %s", [name]).fetchone() is not None

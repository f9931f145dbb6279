"""Databases that live as long as a test: copies of one that is migrated once."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from stoflow.migrations.runner import migrate
from stoflow.storage.database.connecting import plain_url
from stoflow.storage.servers.embedded import servers
from stoflow.storage.servers.keeping import ServerUrls

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
    """Makes and drops databases; `migrated` is the one the others are copied from.

    Tests come in by `door_url`. What copies a database goes to the server itself: a pooler would go on using it.
    """

    def __init__(self, server_url: str, door_url: str) -> None:
        self._server_url, self._door_url = plain_url(server_url), plain_url(door_url)
        self._numbers = count(1)
        self.migrated = self.create()
        migrate(self.at(self._server_url, self.migrated))

    def create(self, template: str = "template0") -> str:
        name = f"{PREFIX}_{next(self._numbers)}"
        # WAL_LOG copies a small database fastest, without a checkpoint.
        self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log", name, template)
        return name

    def drop(self, name: str) -> None:
        self._run("DROP DATABASE {} WITH (FORCE)", name)

    def url_of(self, name: str) -> str:
        return self.at(self._door_url, name)

    @staticmethod
    def at(url: str, name: str) -> str:
        """Return the address of a database by the way of another URL."""
        return make_url(plain_url(url)).set(database=name).render_as_string(hide_password=False)

    @staticmethod
    def name_of(url: str) -> str:
        return str(make_url(url).database)

    def _run(self, statement: LiteralString, *names: str) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

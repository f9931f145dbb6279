"""What every test may ask for: real servers, a migrated database of its own, tenants, settings."""

import os
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
import redis
from cryptography.fernet import Fernet
from psycopg import sql
from sqlalchemy import make_url

from stoflow import settings as stoflow_settings
from stoflow.domain.ids import TenantId
from stoflow.migrations.runner import migrate
from stoflow.settings import Settings
from stoflow.storage.database.connecting import plain_url
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import create_tenant
from stoflow.storage.servers.embedded import servers
from stoflow.storage.servers.keeping import ServerUrls
from tests.harness.pooler import pooler_before

PREFIX = f"stoflow_test_{os.getpid()}"
REDIS_DATABASE = 15


@pytest.fixture(scope="session")
def server_urls() -> Iterator[ServerUrls]:
    """The servers named by the environment (CI: Debian's), else embedded ones in a folder of this run."""
    named = os.environ.get("STOFLOW_DATABASE_URL"), os.environ.get("STOFLOW_REDIS_URL")
    if named[0] and named[1]:
        yield ServerUrls(named[0], named[1])
        return
    with tempfile.TemporaryDirectory(prefix="stoflow-tests-") as home, servers(Path(home), durable=False) as embedded:
        yield ServerUrls(named[0] or embedded.database_url, named[1] or embedded.redis_url)


@pytest.fixture(scope="session")
def door_url(server_urls: ServerUrls) -> Iterator[str]:
    """The way in that tests take: past a PgBouncer of this run where STOFLOW_CI_PGBOUNCER names the program."""
    program = os.environ.get("STOFLOW_CI_PGBOUNCER")
    if not program:
        yield server_urls.database_url
        return
    with pooler_before(server_urls.database_url, program) as url:
        yield url


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


@pytest.fixture(scope="session")
def databases(server_urls: ServerUrls, door_url: str) -> Iterator[Databases]:
    made = Databases(server_urls.database_url, door_url)
    yield made
    made.drop(made.migrated)


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A migrated database of this test's own, without tenants."""
    name = databases.create(databases.migrated)
    yield databases.url_of(name)
    databases.drop(name)


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """A database in which nothing was ever done."""
    name = databases.create()
    yield databases.url_of(name)
    databases.drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, application_name="stoflow tests")
    yield opened
    opened.close()


@pytest.fixture
def redis_url(server_urls: ServerUrls) -> Iterator[str]:
    """An empty Redis database; what a test leaves in it is gone before the next one."""
    address = server_urls.redis_url.partition("?")[0]
    url = f"{address}?db={REDIS_DATABASE}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


@pytest.fixture
def tenants(database: Database) -> Callable[[], TenantId]:
    """Make a new tenant at each call."""
    numbers = count(1)
    return lambda: create_tenant(database, f"seller{next(numbers)}@example.com")


@pytest.fixture
def tenant(tenants: Callable[[], TenantId]) -> TenantId:
    return tenants()


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    """Settings of an installation of this test's own: its home, its database, its Redis, keys of its own."""
    home = tmp_path / "home"
    home.mkdir()
    return stoflow_settings.load(
        env_file=None,
        home=home,
        database_url=database_url,
        redis_url=redis_url,
        secret_keys=(Fernet.generate_key().decode(),),
        ebay_client_id="test-ebay-client",
        ebay_client_secret="test-ebay-secret",
        etsy_client_id="test-etsy-keystring",
        etsy_shared_secret="test-etsy-secret",
    )

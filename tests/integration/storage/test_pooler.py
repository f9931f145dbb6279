"""Behind PgBouncer in transaction mode: what guards a transaction, what others see of it, what is refused at start.

`STOFLOW_CI_PGBOUNCER=/usr/sbin/pgbouncer` sends every other test with a database through one as well.
"""

import os
import shutil
from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest
from sqlalchemy import text

from stoflow.domain.errors import DatabaseMisnamed, DatabaseNotPrepared, DatabaseRefused
from stoflow.domain.ids import TenantId
from stoflow.migrations.prepared import check_prepared
from stoflow.storage.database.connecting import SESSION_SETTINGS
from stoflow.storage.database.session import Database, schema_name
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.servers.keeping import ServerUrls
from stoflow.testing.databases import Databases
from tests.harness.pooler import pooler_before

PGBOUNCER = os.environ.get("STOFLOW_CI_PGBOUNCER") or shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")
GUARDS = (
    "search_path",
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "jit",
    "TimeZone",
    "datestyle",
    "intervalstyle",
    "default_transaction_isolation",
)
GUARDED = ["", "5s", "2s", "15s", "off", "UTC", "ISO, MDY", "postgres", "read committed"]
USUAL: LiteralString = "SELECT current_setting('search_path'), current_setting('statement_timeout')"


def program() -> str:
    if PGBOUNCER is None:
        if os.environ.get("STOFLOW_REQUIRE_REAL_SERVERS"):
            pytest.fail("PgBouncer is missing, and STOFLOW_REQUIRE_REAL_SERVERS is set.")
        pytest.skip("PgBouncer is not installed here; continuous integration installs it.")
    return PGBOUNCER


@pytest.fixture(scope="module")
def one_for_all(server_urls: ServerUrls) -> Iterator[str]:
    """A pooler that has one server connection to a database, which every client gets in turn."""
    with pooler_before(server_urls.database_url, program(), default_pool_size="1") as url:
        yield url


@pytest.fixture
def pooled_url(one_for_all: str, databases: Databases, database_url: str) -> str:
    return databases.at(one_for_all, databases.name_of(database_url))


@pytest.fixture
def pooled(pooled_url: str) -> Iterator[Database]:
    opened = Database(pooled_url)
    yield opened
    opened.close()


def settings_of(connection: Transaction) -> list[str]:
    rows = [connection.execute("SELECT current_setting(%s) AS value", [name]) for name in GUARDS]
    return [row.fetchall()[0]["value"] for row in rows]


def test_each_transaction_is_guarded_through_every_door(pooled: Database, tenant: TenantId):
    for _ in range(2):
        with pooled.records() as connection:
            assert settings_of(connection) == GUARDED
        with pooled.planned_records() as connection:
            assert settings_of(connection) == GUARDED
        for opened in (pooled.shared(), pooled.tenant(tenant)):
            with opened as session:
                found = [session.scalars(text("SELECT current_setting(:name)"), {"name": name}) for name in GUARDS]
                assert [each.one() for each in found] == GUARDED


def test_what_guards_us_reaches_nobody_else_on_the_same_server_connection(pooled: Database, pooled_url: str):
    with psycopg.connect(pooled_url, autocommit=True) as other:
        before = other.execute(USUAL).fetchone()
        for opened in (pooled.records, pooled.planned_records):
            with opened() as connection:
                connection.execute("SELECT 1")
            assert other.execute(USUAL).fetchone() == before
        with pooled.shared() as session:
            session.execute(text("SELECT 1"))
        assert other.execute(USUAL).fetchone() == before


def test_what_others_leave_on_the_server_connection_does_not_reach_us(
    pooled: Database, pooled_url: str, tenant: TenantId
):
    with psycopg.connect(pooled_url, autocommit=True) as other:
        other.execute(f"SET search_path = {schema_name(tenant)}".encode())
        with pytest.raises(DatabaseNotPrepared), pooled.shared() as session:
            session.execute(text("SELECT * FROM products"))
        with pytest.raises(DatabaseRefused), pooled.records() as connection:
            connection.execute("SELECT * FROM products")
        with pytest.raises(DatabaseRefused), pooled.planned_records() as connection:
            connection.execute("SELECT * FROM products")


def test_planned_statements_are_all_or_nothing_and_leave_no_plan(pooled: Database, pooled_url: str):
    for _ in range(3):
        with pytest.raises(DatabaseRefused), pooled.planned_records() as connection:
            connection.execute(b"INSERT INTO public.outbox (tenant, job) VALUES (%s, 77)", [1])
            connection.execute(b"SELECT 1 / 0")
        with pytest.raises(LookupError), pooled.planned_records() as connection:
            connection.execute(b"INSERT INTO public.outbox (tenant, job) VALUES (%s, 77) RETURNING id", [1]).fetchone()
            raise LookupError
    with psycopg.connect(pooled_url, autocommit=True) as other:
        assert other.execute("SELECT count(*) FROM public.outbox").fetchone() == (0,)
        assert other.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)


def test_a_connection_of_its_own_keeps_its_guards_by_itself(databases: Databases, server_urls: ServerUrls):
    alone = Database(databases.at(server_urls.database_url, databases.migrated), pool_size=1)
    with alone.records() as connection:
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert settings_of(connection) == GUARDED
    alone.close()
    assert set(SESSION_SETTINGS) - {"plan_cache_mode"} == {name.lower() for name in GUARDS}


def test_statement_mode_is_refused_at_start_with_what_to_do(databases: Databases, server_urls: ServerUrls):
    with pooler_before(server_urls.database_url, program(), pool_mode="statement") as url:
        database = Database(databases.at(url, databases.migrated))
        with pytest.raises(DatabaseMisnamed, match="a pooler that knows no transactions: set its pool_mode to trans"):
            check_prepared(database)
        database.close()


def test_start_up_options_of_the_url_are_refused_with_what_to_do(pooled_url: str):
    database = Database(f"{pooled_url}&options=-c%20work_mem%3D8MB")
    with pytest.raises(DatabaseMisnamed, match="takes no start-up options: take options out of STOFLOW_DATABASE_URL"):
        check_prepared(database)
    database.close()


def test_a_database_the_pooler_does_not_have_is_named(one_for_all: str, databases: Databases):
    database = Database(databases.at(one_for_all, "nowhere"))
    with pytest.raises(DatabaseMisnamed, match="has no such database"):
        check_prepared(database)
    database.close()

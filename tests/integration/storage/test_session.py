"""Who reaches which tenant's tables, and what a broken connection looks like."""

import threading
from collections.abc import Callable
from typing import cast

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from stoflow.domain.errors import ConfigurationError, DatabaseNotPrepared, DatabaseRefused, DatabaseUnavailable
from stoflow.domain.ids import TenantId
from stoflow.storage.database.connecting import plain_url
from stoflow.storage.database.plans import KEPT_FROM_TIMES, PLANS_KEPT
from stoflow.storage.database.pooling import PooledConnection
from stoflow.storage.database.session import Database, schema_name
from stoflow.storage.database.tables import ProductRow
from stoflow.storage.servers.keeping import ServerUrls

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def titles(database: Database, tenant: TenantId) -> list[str]:
    with database.tenant(tenant) as session:
        return list(session.scalars(select(ProductRow.title)))


def sell(database: Database, tenant: TenantId, title: str) -> None:
    with database.tenant(tenant) as session:
        session.add(ProductRow(title=title))


def server_process(connection: psycopg.Connection[DictRow]) -> int:
    """Ask the server itself: a pooler would name a process that it makes up."""
    found = connection.execute("SELECT pg_backend_pid() AS pid").fetchone()
    assert found is not None
    return found["pid"]


@pytest.fixture
def alone(database_url: str):
    """A database handle with one connection, so that every transaction reuses it."""
    opened = Database(database_url, pool_size=1)
    yield opened
    opened.close()


def test_each_tenant_reads_its_own_rows_on_one_reused_connection(alone: Database, tenants: Callable[[], TenantId]):
    first, second = tenants(), tenants()
    sell(alone, first, "a coat")
    sell(alone, second, "a hat")
    assert titles(alone, first) == ["a coat"]
    assert titles(alone, second) == ["a hat"]


def test_the_tenant_holds_after_a_commit_and_after_a_rolled_back_savepoint(alone: Database, tenant: TenantId):
    with alone.tenant(tenant) as session:
        session.add(ProductRow(title="a coat"))
        with pytest.raises(ProgrammingError), session.begin_nested():
            session.execute(text("SELECT * FROM nowhere"))
        assert session.scalars(select(ProductRow.title)).all() == ["a coat"]
    sell(alone, tenant, "a hat")
    assert titles(alone, tenant) == ["a coat", "a hat"]


def test_a_transaction_without_a_tenant_finds_no_tenant_table(database: Database, tenant: TenantId):
    with pytest.raises(DatabaseNotPrepared) as refused, database.shared() as session:
        session.scalars(select(ProductRow)).all()
    assert "tenant.products" in str(refused.value.__cause__)


def test_sql_that_names_no_schema_is_an_error_for_tenants_and_for_all(alone: Database, tenant: TenantId):
    sell(alone, tenant, "a coat")
    with pytest.raises(DatabaseNotPrepared), alone.tenant(tenant) as session:
        session.execute(text("SELECT * FROM products"))
    with pytest.raises(DatabaseNotPrepared), alone.shared() as session:
        session.execute(text("SELECT * FROM users"))
    with pytest.raises(DatabaseRefused), alone.records() as connection:
        connection.execute("SELECT * FROM products")


def test_a_search_path_set_by_one_user_of_a_connection_is_gone_for_the_next(alone: Database, tenant: TenantId):
    with pytest.raises(ZeroDivisionError), alone.records() as connection:
        connection.execute(f"SET search_path = {schema_name(tenant)}".encode())
        raise ZeroDivisionError
    with alone.records() as connection:
        assert connection.execute("SHOW search_path").fetchone() == {"search_path": ""}


def test_an_object_of_one_tenant_cannot_be_written_to_another(database: Database, tenants: Callable[[], TenantId]):
    first, second = tenants(), tenants()
    sell(database, first, "a coat")
    sell(database, second, "a hat")
    with database.tenant(first) as session:
        coat = session.scalars(select(ProductRow)).one()
    coat.title = "stolen"
    with pytest.raises(ConfigurationError), database.tenant(second) as session:
        session.add(coat)
    with pytest.raises(ConfigurationError), database.tenant(second) as session:
        session.merge(coat)
    assert titles(database, second) == ["a hat"]


def test_an_unknown_tenant_has_no_tables(database: Database):
    with pytest.raises(DatabaseNotPrepared):
        titles(database, TenantId(4711))


@pytest.mark.parametrize("strange", [0, -1, True, "7", "1; DROP SCHEMA public", None, 2**31])
def test_a_schema_is_named_by_a_positive_integer_only(strange: object):
    with pytest.raises(ConfigurationError):
        schema_name(strange)  # pyright: ignore[reportArgumentType]


def test_what_fails_inside_a_transaction_is_not_stored(database: Database, tenant: TenantId):
    with pytest.raises(ZeroDivisionError), database.tenant(tenant) as session:
        session.add(ProductRow(title="a coat"))
        session.flush()
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), database.records() as connection:
        connection.execute("INSERT INTO public.outbox (tenant, job) VALUES (1, 1)")
        raise ZeroDivisionError
    assert titles(database, tenant) == []
    with database.records() as connection:
        assert connection.execute("SELECT * FROM public.outbox").fetchall() == []


def test_who_only_reads_holds_no_transaction_and_leaves_the_connection_as_it_was(alone: Database, tenant: TenantId):
    with alone.reading() as connection:
        connection.execute("SELECT 1")
        is_pooled = bool(cast("PooledConnection", connection).beginning)
        assert (connection.info.transaction_status == TransactionStatus.INTRANS) is is_pooled
    with pytest.raises(DatabaseUnavailable), alone.reading() as connection:
        connection.pgconn.finish()
        connection.execute("SELECT 1")
    with pytest.raises(ZeroDivisionError), alone.records() as connection:
        connection.execute(f"INSERT INTO {schema_name(tenant)}.products (title) VALUES ('gone')".encode())
        raise ZeroDivisionError
    assert titles(alone, tenant) == []


def test_what_fails_among_planned_records_is_not_stored(database: Database, tenant: TenantId):
    with pytest.raises(LookupError), database.planned_records() as connection:
        connection.execute(b"INSERT INTO public.outbox (tenant, job) VALUES (%s, 77) RETURNING id", [tenant]).fetchone()
        raise LookupError

    with pytest.raises(DatabaseRefused), database.planned_records() as connection:
        connection.execute(b"INSERT INTO public.outbox (tenant, job) VALUES (%s, 77)", [tenant])
        connection.execute(b"SELECT 1 / 0")

    with database.planned_records() as connection:
        found = connection.execute(b"SELECT id FROM public.outbox WHERE tenant = %s AND job = 77", [tenant])
    assert found.fetchall() == []


def test_plans_can_be_used_after_planned_records_were_given_up(database_url: str):
    alone = Database(database_url, planned_size=1)
    for _ in range(2):
        with pytest.raises(LookupError), alone.planned_records() as connection:
            connection.execute(b"SELECT %s::int AS n", [0])
            raise LookupError
        for number in range(3):
            with alone.planned_records() as connection:
                first = connection.execute(b"SELECT %s::int AS n", [number])
                second = connection.execute(b"SELECT %s::int + 1 AS n", [number])
            assert [first.fetchone(), second.fetchone()] == [{"n": number}, {"n": number + 1}]
    alone.close()


def test_records_may_use_a_pipeline(database: Database):
    with database.records() as connection, connection.pipeline():
        cursors = [connection.execute("SELECT %s::int AS n", [number]) for number in range(3)]
        assert [cursor.fetchone() for cursor in cursors] == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_every_connection_has_time_outs_and_plans_made_for_each_statement(database: Database):
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "plan_cache_mode", "TimeZone")
    with database.records() as connection:
        rows = [connection.execute("SELECT current_setting(%s) AS value", [name]).fetchone() for name in names]
    assert [row and row["value"] for row in rows] == ["5s", "2s", "15s", "force_custom_plan", "UTC"]


def test_nothing_is_prepared_so_a_changed_table_breaks_no_live_statement(alone: Database, tenant: TenantId):
    query = f"SELECT * FROM {schema_name(tenant)}.products".encode()
    for _ in range(10):
        with alone.records() as connection:
            connection.execute(query)
    with alone.records() as connection:
        assert connection.execute("SELECT count(*) AS n FROM pg_prepared_statements").fetchone() == {"n": 0}


def plans_after(database: Database, times: int, *queries: bytes) -> int:
    """Return how many plans one connection keeps after these came so often, in turns."""
    for _ in range(times):
        for query in queries:
            with database.planned_records() as connection:
                connection.execute(query)
    with database.planned_records() as connection:
        row = connection.execute("SELECT count(*) AS n FROM pg_prepared_statements").fetchone()
    assert row is not None
    return row["n"]


def test_the_plan_of_a_statement_that_comes_often_is_kept_where_the_session_is_our_own(database_url: str):
    alone = Database(database_url, planned_size=1)
    with alone.records() as connection:
        is_behind_pooler = isinstance(connection, PooledConnection) and connection.beginning != b""
    assert plans_after(alone, KEPT_FROM_TIMES + 1, b"SELECT 1") == (0 if is_behind_pooler else 1)
    alone.close()


def test_no_plan_is_kept_of_statements_that_would_only_drive_each_other_out(database_url: str):
    alone = Database(database_url, planned_size=1)
    of_many_tenants = [f"SELECT {number}".encode() for number in range(PLANS_KEPT + 100)]
    assert plans_after(alone, KEPT_FROM_TIMES + 2, *of_many_tenants) == 0
    alone.close()


def test_a_database_that_is_away_is_named_so_through_every_door():
    away = Database(NOWHERE)
    for opened in (away.shared(), away.tenant(TenantId(1))):
        with pytest.raises(DatabaseUnavailable), opened as session:
            session.execute(text("SELECT 1"))
    with pytest.raises(DatabaseUnavailable), away.records():
        pass
    away.close()


def test_a_connection_that_ended_while_idle_is_replaced_unseen(
    alone: Database, server_urls: ServerUrls, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("stoflow.storage.database.pooling.TRUSTED_S", 0.0)  # it may have ended sooner
    with alone.records() as connection:
        pid = server_process(connection)
    # Past a pooler, which would lend the very server connection that is to end.
    with psycopg.connect(plain_url(server_urls.database_url)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with alone.records() as connection:
        assert server_process(connection) != pid


def test_what_came_back_last_is_lent_first_so_that_few_connections_know_the_tenants(database: Database):
    with database.records() as first, database.records() as last:
        used = server_process(first), server_process(last)

    for _ in used:
        with database.records() as connection:
            assert server_process(connection) == used[0], "the outer one came back last"


def test_a_connection_that_ends_in_the_middle_is_unavailable(alone: Database, database: Database):
    with pytest.raises(DatabaseUnavailable), alone.records() as connection:
        with database.records() as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [server_process(connection)])
        connection.execute("SELECT 1")
    with alone.records() as connection:
        assert connection.execute("SELECT 1 AS n").fetchone() == {"n": 1}


def test_a_session_whose_connection_ends_gives_its_place_in_the_pool_back(alone: Database, database: Database):
    for _ in range(3):
        with pytest.raises(DatabaseUnavailable), alone.shared() as session:
            pid = session.scalars(text("SELECT pg_backend_pid()")).one()
            with database.records() as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            session.execute(text("SELECT 1"))
    with alone.shared() as session:
        assert session.scalars(text("SELECT 1")).one() == 1


def test_a_lock_held_too_long_and_an_empty_pool_are_unavailable(alone: Database, database: Database, tenant: TenantId):
    lock = f"LOCK TABLE {schema_name(tenant)}.products".encode()
    with database.records() as holder:
        holder.execute(lock)
        with pytest.raises(DatabaseUnavailable), alone.records() as waiting:
            waiting.execute("SET LOCAL lock_timeout = '10ms'")
            waiting.execute(lock)
    with alone.records(), pytest.raises(DatabaseUnavailable), alone.records():
        pass


def test_threads_share_the_pool_and_keep_their_tenants_apart(database: Database, tenants: Callable[[], TenantId]):
    mine = [tenants() for _ in range(4)]
    wrong: list[str] = []

    def work(tenant: TenantId) -> None:
        for _ in range(10):
            sell(database, tenant, str(tenant))
            wrong.extend(title for title in titles(database, tenant) if title != str(tenant))

    threads = [threading.Thread(target=work, args=[tenant]) for tenant in mine]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert [len(titles(database, tenant)) for tenant in mine] == [10] * 4


def test_a_url_that_cannot_be_read_is_refused_without_showing_it():
    with pytest.raises(ConfigurationError) as refused:
        Database("postgresql://user:hunter2@host:5432/name?nonsense=1")
    assert "hunter2" not in str(refused.value)

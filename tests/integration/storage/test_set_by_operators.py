"""What an operator may have set for a role or a database, and a database that was made in another encoding."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql

from stoflow.domain.errors import DatabaseMisnamed, DatabaseUnavailable
from stoflow.domain.ids import TenantId
from stoflow.migrations.prepared import check_prepared
from stoflow.migrations.runner import WITH_TRANSACTION_TIMEOUT, migrate
from stoflow.storage.database import pooling
from stoflow.storage.database.connecting import plain_url
from stoflow.storage.database.session import Database
from stoflow.storage.database.single import single_connection
from stoflow.storage.database.tenants import create_tenant, list_tenants
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.servers.keeping import ServerUrls
from stoflow.testing.databases import Databases

SET = {
    "datestyle": "German",
    "intervalstyle": "iso_8601",
    "client_encoding": "LATIN1",
    "default_transaction_isolation": "repeatable read",
}
WAITING = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
AMPLE_S = 20
Opened = Callable[[], AbstractContextManager[Any]]


def set_for(server_url: str, database: str, **settings: str) -> None:
    with psycopg.connect(plain_url(server_url), autocommit=True) as connection:
        for name, value in settings.items():
            change = sql.SQL("ALTER DATABASE {} SET {} = {}")
            connection.execute(change.format(sql.Identifier(database), sql.Identifier(name), value))


@pytest.fixture
def set_otherwise(databases: Databases, server_urls: ServerUrls, database_url: str) -> Iterator[Database]:
    """A database for which its operator has set what each connection begins with."""
    set_for(server_urls.database_url, databases.name_of(database_url), **SET)
    opened = Database(database_url)
    yield opened
    opened.close()


def test_dates_and_texts_come_back_whatever_was_set(set_otherwise: Database):
    create_tenant(set_otherwise, "one@example.com", full_name="Zoë „€“ 🧥")
    (found,) = list_tenants(set_otherwise)
    assert (found.full_name, found.created_at.date()) == ("Zoë „€“ 🧥", datetime.now(UTC).date())
    with set_otherwise.planned_records() as connection:
        row = connection.execute("SELECT full_name, created_at, interval '90 s' AS took FROM public.users").fetchone()
    assert row is not None
    assert (row["full_name"], row["took"].total_seconds()) == ("Zoë „€“ 🧥", 90)


def test_who_waited_for_anothers_commit_sees_it_whatever_was_set(set_otherwise: Database, tenant: TenantId):
    add = "UPDATE public.users SET full_name = concat(full_name, 'x') WHERE id = %s"

    def waits() -> bool:
        with set_otherwise.records() as watching:
            row = watching.execute(WAITING).fetchone()
        return bool(row and row["n"])

    for opened in (set_otherwise.records, set_otherwise.planned_records, lambda: single_connection(set_otherwise.url)):
        with ThreadPoolExecutor(1) as threads, set_otherwise.records() as first:
            first.execute(add, [tenant])

            def second(opened: Opened = opened) -> int:
                with opened() as connection:
                    return connection.execute(add, [tenant]).rowcount

            waiting = threads.submit(second)
            while not waits():
                assert not waiting.done()
            first.commit()
            assert waiting.result(AMPLE_S) == 1


def test_a_database_in_another_encoding_is_refused_with_what_to_do(server_urls: ServerUrls, databases: Databases):
    name = f"{databases.migrated}_ascii"
    with psycopg.connect(plain_url(server_urls.database_url), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'".encode())
        url = databases.url_of(name)
        try:
            with pytest.raises(DatabaseMisnamed, match="not in UTF-8: create one with ENCODING 'UTF8'"):
                migrate(url)
            database = Database(url)
            with pytest.raises(DatabaseMisnamed, match="not in UTF-8: create one with ENCODING 'UTF8'"):
                check_prepared(database)
            database.close()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_a_run_of_migrate_takes_as_long_as_it_takes(
    server_urls: ServerUrls, databases: Databases, empty_database_url: str
):
    with psycopg.connect(plain_url(server_urls.database_url)) as connection:
        if connection.info.server_version < WITH_TRANSACTION_TIMEOUT:
            pytest.skip("PostgreSQL has had transaction_timeout since 17.")
    set_for(server_urls.database_url, databases.name_of(empty_database_url), transaction_timeout="100ms")
    assert migrate(empty_database_url).succeeded
    database = Database(empty_database_url)
    with pytest.raises(DatabaseUnavailable, match="ended a transaction that took too long"), database.records() as one:
        one.execute("SELECT pg_sleep(1)")
    database.close()


def test_what_could_only_be_read_is_written_again_as_soon_as_it_may_be(
    databases: Databases,
    server_urls: ServerUrls,
    database_url: str,
    tenant: TenantId,
    monkeypatch: pytest.MonkeyPatch,
):
    """A connection that was made meanwhile can only read for as long as it lives."""

    def is_written(records: Callable[[], AbstractContextManager[Transaction]]) -> bool:
        with suppress(DatabaseMisnamed), records() as connection:
            connection.execute("UPDATE public.users SET full_name = 'Zoë' WHERE id = %s", [tenant])
            return True
        return False

    name = databases.name_of(database_url)
    set_for(server_urls.database_url, name, default_transaction_read_only="on")
    opened = Database(database_url)
    assert not any(is_written(records) for records in (opened.records, opened.planned_records))

    set_for(server_urls.database_url, name, default_transaction_read_only="off")
    monkeypatch.setattr(pooling, "READ_ONLY_FOR_S", 0.0)  # as if some time had passed

    assert all(is_written(records) for records in (opened.records, opened.planned_records))
    opened.close()

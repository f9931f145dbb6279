"""The role that StoFlow works as in PostgreSQL: the owner of its database, and nothing more."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from stoflow.migrations.runner import migrate
from stoflow.storage.database.connecting import Server, plain_url
from stoflow.storage.database.health import is_too_strong
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import create_tenant, list_tenants
from stoflow.storage.servers.keeping import ServerUrls

NAME = "stoflow_owner"


@pytest.fixture
def url(server_urls: ServerUrls) -> Iterator[str]:
    """The address of a database of its own, by a role that owns it and is no superuser."""
    given = conninfo_to_dict(plain_url(server_urls.database_url))
    with psycopg.connect(plain_url(server_urls.database_url), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {NAME} LOGIN PASSWORD 'open-sesame'")
        connection.execute(f"CREATE DATABASE {NAME} OWNER {NAME}")
        host = given["host"]
        yield f"postgresql://{NAME}:open-sesame@/{NAME}?host={host}&port={given.get('port', 5432)}"
        connection.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
        connection.execute(f"DROP ROLE {NAME}")


def test_the_owner_of_the_database_needs_nothing_of_a_superuser(url: str) -> None:
    assert migrate(url, parallel=1).failed == ()
    database = Database(url)
    try:
        tenant = create_tenant(database, "one@example.com")
        assert [each.id for each in list_tenants(database)] == [tenant]
    finally:
        database.close()


def test_a_superuser_is_told_and_an_owner_is_not(url: str, server_urls: ServerUrls) -> None:
    for address, too_strong in ((url, False), (server_urls.database_url, True)):
        database = Database(address)
        database.server = Server("PostgreSQL", "STOFLOW_DATABASE_URL")  # as one that is no embedded one of ours
        assert is_too_strong(database) is too_strong
        database.close()


def test_the_embedded_server_is_ours_and_nobody_is_told(server_urls: ServerUrls) -> None:
    database = Database(server_urls.database_url)
    database.server = Server("The embedded PostgreSQL", "STOFLOW_HOME")
    assert not is_too_strong(database)
    database.close()

"""Tenants: made like the template, heard by schema, never half."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from stoflow.domain.errors import Conflict, DatabaseNotPrepared, InputError, NotFound, SchemaCreationError
from stoflow.domain.ids import TenantId
from stoflow.storage.database.fingerprint import drift_of
from stoflow.storage.database.session import Database, schema_name
from stoflow.storage.database.tenants import create_tenant, list_tenants, resume_tenant, suspend_tenant


def outbox(database: Database) -> list[tuple[int, int]]:
    with database.records() as connection:
        rows = connection.execute("SELECT tenant, job FROM public.outbox ORDER BY id").fetchall()
    return [(row["tenant"], row["job"]) for row in rows]


def test_a_new_tenant_has_exactly_the_template_s_shape(database: Database, tenant: TenantId):
    with database.records() as connection:
        assert drift_of(connection, schema_name(tenant)) == ()
        version = connection.execute(f"SELECT * FROM {schema_name(tenant)}.alembic_version".encode()).fetchall()
        assert version == connection.execute("SELECT * FROM template_tenant.alembic_version").fetchall()


def test_a_job_is_announced_for_the_tenant_in_whose_schema_it_stands(
    database: Database, tenants: Callable[[], TenantId]
):
    first, second = tenants(), tenants()
    with database.records() as connection:
        for tenant, jobs in ((second, 2), (first, 1)):
            connection.execute(f"SET LOCAL search_path = {schema_name(first)}".encode())  # the wrong one, to tempt it
            connection.execute(
                f"INSERT INTO {schema_name(tenant)}.marketplace_jobs (action_type_id)"
                f" SELECT 1 FROM generate_series(1, {jobs})".encode()
            )
    assert outbox(database) == [(second, 1), (second, 2), (first, 1)]


def test_a_job_that_is_rolled_back_is_not_announced(database: Database, tenant: TenantId):
    with pytest.raises(ZeroDivisionError), database.records() as connection:
        connection.execute(f"INSERT INTO {schema_name(tenant)}.marketplace_jobs (action_type_id) VALUES (1)".encode())
        raise ZeroDivisionError
    assert outbox(database) == []


def test_the_template_announces_nothing(database: Database):
    with database.records() as connection:
        connection.execute("INSERT INTO template_tenant.marketplace_jobs (action_type_id) VALUES (1)")
        connection.execute("DELETE FROM template_tenant.marketplace_jobs")
    assert outbox(database) == []


def test_an_address_is_taken_once_whatever_its_letters(database: Database):
    create_tenant(database, "Mia@Example.com", full_name="Mia")
    with pytest.raises(Conflict):
        create_tenant(database, " mia@example.com ")
    assert [(each.email, each.full_name) for each in list_tenants(database)] == [("mia@example.com", "Mia")]


@pytest.mark.parametrize("email", ["", "mia", "mia@", "@example.com", "a b@example.com", "m" * 300 + "@example.com"])
def test_what_is_no_address_is_refused_by_field(database: Database, email: str):
    with pytest.raises(InputError) as refused:
        create_tenant(database, email)
    assert [error.field for error in refused.value.errors] == ["email"]
    assert list_tenants(database) == []


def test_a_user_without_a_schema_is_never_left_behind(database: Database):
    with database.records() as connection:
        connection.execute("CREATE SCHEMA user_1")
    with pytest.raises(SchemaCreationError):
        create_tenant(database, "mia@example.com")
    assert list_tenants(database) == []


def test_before_the_migrations_a_tenant_is_refused_with_the_command_to_run(empty_database_url: str):
    database = Database(empty_database_url)
    with pytest.raises(DatabaseNotPrepared, match="stoflow migrate"):
        create_tenant(database, "mia@example.com")
    database.close()


def test_tenants_may_be_made_at_the_same_time(database: Database):
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda number: create_tenant(database, f"seller{number}@example.com"), range(8)))
    assert sorted(made) == [each.id for each in list_tenants(database)]


def test_suspending_and_resuming_is_announced_and_seen(database: Database, tenant: TenantId):
    suspend_tenant(database, tenant)
    assert [each.is_active for each in list_tenants(database)] == [False]
    resume_tenant(database, tenant)
    assert [each.is_active for each in list_tenants(database)] == [True]
    assert outbox(database) == [(tenant, 0), (tenant, 0)]


def test_an_unknown_tenant_cannot_be_suspended(database: Database):
    with pytest.raises(NotFound):
        suspend_tenant(database, TenantId(9))


def test_whatever_changes_the_template_is_in_the_next_tenant(database: Database, tenants: Callable[[], TenantId]):
    tenants()
    with database.records() as connection:
        connection.execute("ALTER TABLE template_tenant.products ADD COLUMN shelf text NOT NULL DEFAULT 'none'")
        connection.execute("CREATE TABLE template_tenant.shelves (id integer PRIMARY KEY) WITH (fillfactor = 50)")
        connection.execute("CREATE UNIQUE INDEX ON template_tenant.shelves ((id % 2)) WHERE id > 7")
        connection.execute("DROP TABLE template_tenant.strays")
    after = tenants()
    with database.records() as connection:
        assert drift_of(connection, schema_name(after)) == ()

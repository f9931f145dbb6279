"""Keys are changed under way: everything sealed is sealed anew, no fresh pair is lost, and old keys can go."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from cryptography.fernet import Fernet

from stoflow.domain.errors import ConfigurationError
from stoflow.domain.ids import TenantId
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.consents import Consents, Taken
from stoflow.storage.credentials.renewals import Renewals, Right
from stoflow.storage.credentials.rotation import Rotation, rotate
from stoflow.storage.credentials.vault import Secret, Vault
from stoflow.storage.database.session import Database, schema_name
from stoflow.transports.direct.consent import Identity
from stoflow.transports.direct.tokens import Tokens

AMPLE_S = 20.0
OLD_KEY, NEW_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
OLD, BOTH, NEW = Vault([OLD_KEY]), Vault([NEW_KEY, OLD_KEY]), Vault([NEW_KEY])
NEW_PAIR = Secret("access-new", "refresh-new", stale_at=4_000_000_000.0)
BLOCKED = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted"


def connect(database: Database, tenant: TenantId, marketplace: str = "etsy", vault: Vault = OLD) -> None:
    tokens = Tokens(f"access-of-{tenant}", f"refresh-of-{tenant}", access_expires_in_s=3600)
    Connections(database, vault).save(tenant, marketplace, external_id="shop-1", settings={}, tokens=tokens)


def refresh_token(database: Database, vault: Vault, tenant: TenantId, marketplace: str = "etsy") -> str:
    return Connections(database, vault).tokens_of(tenant, marketplace).refresh


@pytest.fixture
def other(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def test_after_a_rotation_the_old_key_can_go(database: Database, tenants: Callable[[], TenantId]) -> None:
    first, second, third = tenants(), tenants(), tenants()
    connect(database, first)
    connect(database, first, "ebay")
    connect(database, second)
    connect(database, third, vault=BOTH)
    assert rotate(database, BOTH) == Rotation(resealed=3, unchanged=1, failed=())
    for tenant, marketplace in ((first, "etsy"), (first, "ebay"), (second, "etsy"), (third, "etsy")):
        assert refresh_token(database, NEW, tenant, marketplace) == f"refresh-of-{tenant}"
        with pytest.raises(ConfigurationError):
            refresh_token(database, OLD, tenant, marketplace)


def test_a_second_run_finds_what_the_first_one_did(database: Database, tenant: TenantId) -> None:
    connect(database, tenant)
    rotate(database, BOTH)
    assert rotate(database, BOTH) == Rotation(resealed=0, unchanged=1, failed=())


def test_a_plugin_s_connection_has_nothing_to_seal(database: Database, tenant: TenantId) -> None:
    Connections(database, OLD).save(tenant, "vinted", external_id="member-1", settings={})
    assert rotate(database, BOTH) == Rotation(resealed=0, unchanged=0, failed=())


def test_a_tenant_whose_secrets_no_key_opens_is_named_and_the_rest_go_on(
    database: Database, tenants: Callable[[], TenantId]
) -> None:
    lost, found = tenants(), tenants()
    connect(database, lost, vault=Vault([Fernet.generate_key().decode()]))
    connect(database, lost, "ebay")
    connect(database, found)
    rotation = rotate(database, BOTH)
    assert (rotation.resealed, [failure.tenant for failure in rotation.failed]) == (1, [lost])
    assert "opens the etsy tokens" in rotation.failed[0].reason
    assert refresh_token(database, OLD, lost, "ebay") == f"refresh-of-{lost}"  # all of a tenant, or nothing
    assert refresh_token(database, NEW, found) == f"refresh-of-{found}"


def test_a_tenant_without_its_tables_is_named_and_the_rest_go_on(
    database: Database, tenants: Callable[[], TenantId]
) -> None:
    broken, found = tenants(), tenants()
    connect(database, found)
    with database.records() as connection:
        connection.execute(f"DROP TABLE {schema_name(broken)}.consents".encode())
    rotation = rotate(database, BOTH)
    assert (rotation.resealed, [failure.tenant for failure in rotation.failed]) == (1, [broken])


def test_a_pair_that_is_being_stored_meanwhile_is_waited_for_and_not_lost(
    database: Database, tenant: TenantId, other: psycopg.Connection
) -> None:
    connect(database, tenant)
    renewed = OLD.seal(tenant, "etsy", NEW_PAIR)
    with ThreadPoolExecutor(1) as threads:
        with other.transaction():
            where = f"{schema_name(tenant)}.connections"
            other.execute(f"SELECT 1 FROM {where} FOR UPDATE".encode())
            rotating = threads.submit(rotate, database, BOTH)
            with database.records() as watching:
                while not watching.execute(BLOCKED).fetchone()["n"]:  # pyright: ignore[reportOptionalSubscript]
                    assert not rotating.done()
            other.execute(f"UPDATE {where} SET secret = %s".encode(), [renewed])
        assert rotating.result(AMPLE_S).resealed == 1
    assert refresh_token(database, NEW, tenant) == "refresh-new"


def test_a_refresh_under_way_ends_well_after_a_rotation(database: Database, tenant: TenantId) -> None:
    expired = Tokens("access-0", "refresh-0", access_expires_in_s=0)
    Connections(database, OLD).save(tenant, "etsy", external_id="shop-1", settings={}, tokens=expired)
    renewals = Renewals(database, BOTH)
    right = renewals.begin(tenant, "etsy", "shop-1", refused="", rotates=True)
    assert isinstance(right, Right)
    rotate(database, BOTH)
    renewals.end(tenant, "etsy", right, Tokens("access-1", "refresh-1", 3600))
    assert refresh_token(database, NEW, tenant) == "refresh-1"


def test_a_consent_under_way_is_sealed_anew_too(database: Database, tenant: TenantId) -> None:
    asked = Consents(database, OLD).begin(tenant, "etsy", verifier="v" * 43)
    given = Consents(database, OLD).begin(tenant, "ebay", verifier="w" * 43)
    Consents(database, OLD).take(tenant, "ebay", given.state, browser=None)
    Consents(database, OLD).keep(tenant, "ebay", given.state, Tokens("access", "refresh", 3600))

    assert rotate(database, BOTH).resealed == 3

    consents = Consents(database, NEW)
    assert consents.take(tenant, "etsy", asked.state, browser=None) == Taken("v" * 43)
    consents.connect(tenant, "ebay", given.state, Identity("seller-1"))
    assert refresh_token(database, NEW, tenant, "ebay") == "refresh"

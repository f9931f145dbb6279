"""With a sandbox every seller has simulated accounts, and nobody loses a real one."""

from collections.abc import Callable, Iterator

import pytest

from stoflow.cli.simulate.demo_sellers import make_tenants
from stoflow.cli.simulate.up_sellers import SimulatedSellers
from stoflow.domain.ids import TenantId
from stoflow.settings import Settings
from stoflow.storage.credentials.connections import Connections, execute
from stoflow.storage.credentials.vault import Vault, secret_keys
from stoflow.storage.database.tenants import suspend_tenant
from stoflow.transports.direct.client import DirectClient
from stoflow.wiring.installation import Installation, opened
from stoflow_sandbox.server import SandboxServer

# What a plugin that is quicker than the sandbox, or a job, leaves of a marketplace that has no account yet.
WAITED_FOR = "INSERT INTO {s}.connections (marketplace, state, reason) VALUES ('vinted', 'needs_seller', 'Log in.')"


@pytest.fixture
def installation(settings: Settings) -> Iterator[Installation]:
    with opened(settings) as made:
        yield made


@pytest.fixture
def connections(installation: Installation) -> Connections:
    settings = installation.settings
    return Connections(installation.database, Vault(secret_keys(settings.secret_keys, settings.home)))


@pytest.fixture
def sellers(installation: Installation) -> Iterator[SimulatedSellers]:
    http = DirectClient()
    with SandboxServer() as server:
        yield SimulatedSellers(installation, http, server.url)
    http.close()


def test_whoever_comes_is_connected_once(
    sellers: SimulatedSellers, connections: Connections, tenants: Callable[[], TenantId]
) -> None:
    anna = tenants()
    assert sellers.connect_new() == [anna]
    ben = tenants()
    assert sellers.connect_new() == [ben]
    assert sellers.connect_new() == []
    for name in ("vinted", "ebay", "etsy"):
        assert connections.account(anna, name).external_id != connections.account(ben, name).external_id


def test_another_sandbox_knows_nobody_so_all_are_connected_anew(
    sellers: SimulatedSellers, connections: Connections, tenant: TenantId
) -> None:
    sellers.connect_new()
    before = connections.tokens_of(tenant, "ebay").access
    sellers.forget()
    assert sellers.connect_new() == [tenant]
    assert connections.tokens_of(tenant, "ebay").access != before


def test_a_real_connection_stays_as_it_is(
    sellers: SimulatedSellers, connections: Connections, tenant: TenantId
) -> None:
    connections.save(tenant, "ebay", external_id="real-seller", settings={"site": "EBAY_FR"})
    sellers.connect_new()
    assert connections.account(tenant, "ebay").external_id == "real-seller"
    assert connections.account(tenant, "etsy").settings["simulated"]


def test_whoever_was_waited_for_before_they_had_accounts_is_connected_all_the_same(
    sellers: SimulatedSellers, installation: Installation, connections: Connections, tenant: TenantId
) -> None:
    with installation.database.records() as connection:
        execute(connection, WAITED_FOR, tenant)
    assert sellers.connect_new() == [tenant]
    assert connections.account(tenant, "vinted").settings["simulated"]


def test_those_who_rest_and_those_of_a_demo_are_left_alone(
    sellers: SimulatedSellers, installation: Installation, tenant: TenantId
) -> None:
    suspend_tenant(installation.database, tenant)
    make_tenants(installation.database, 1)
    assert sellers.connect_new() == []

"""The sellers of a demo: made in the sandbox, stored as connections that work, and at rest when the demo is over."""

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet

from stoflow.cli.simulate.demo_sellers import DECLARED, connect_sellers, make_tenants
from stoflow.domain.errors import APIConnectionError
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import list_tenants
from stoflow.transports.direct.client import DirectClient
from stoflow_sandbox.server import SandboxServer


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def http() -> Iterator[DirectClient]:
    client = DirectClient()
    yield client
    client.close()


def test_each_seller_is_connected_everywhere_and_to_nobody_elses_account(
    database: Database, sandbox: SandboxServer, http: DirectClient
):
    anna, ben = make_tenants(database, 2)
    connections = Connections(database, Vault([Fernet.generate_key().decode()]))
    names = ["vinted", "ebay", "etsy"]
    connect_sellers(connections, http, sandbox.url, [anna, ben], names, by_plugin=frozenset({"vinted"}))
    for name in names:
        accounts = [connections.account(tenant, name) for tenant in (anna, ben)]
        assert accounts[0].external_id != accounts[1].external_id
        assert all(DECLARED.items() <= account.settings.items() for account in accounts)
    assert connections.tokens_of(anna, "ebay").access != connections.tokens_of(ben, "ebay").access
    assert connections.tokens_of(anna, "etsy").refresh


def test_a_marketplace_the_sandbox_does_not_play_is_named(
    database: Database, sandbox: SandboxServer, http: DirectClient
):
    connections = Connections(database, Vault([Fernet.generate_key().decode()]))
    with pytest.raises(APIConnectionError, match="no seller on nowhere"):
        connect_sellers(connections, http, sandbox.url, make_tenants(database, 1), ["nowhere"], by_plugin=frozenset())


def test_the_sellers_of_the_demo_before_rest(database: Database):
    before = make_tenants(database, 2)
    now = make_tenants(database, 1)
    active = {tenant.id: tenant.is_active for tenant in list_tenants(database)}
    assert active == {**dict.fromkeys(before, False), **dict.fromkeys(now, True)}

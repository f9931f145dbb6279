"""The sellers of a demo: made in the sandbox, stored as connections that work, and at rest when the demo is over."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from cryptography.fernet import Fernet

from stoflow.cli.simulate.demo_sellers import DECLARED, connect_sellers, make_tenants
from stoflow.domain.account import Account
from stoflow.domain.errors import APIConnectionError
from stoflow.domain.product import Product
from stoflow.marketplaces import checks
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import list_tenants
from stoflow.transports.direct.client import DirectClient
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.sellers import Seller
from stoflow_sandbox.server import SandboxServer
from stoflow_sandbox.vinted.market import VintedMarket

OWN_RATES = {"EUR": "11.20"}


class SwedishMarket(VintedMarket):
    """Its members sell in crowns, and say nothing of other currencies."""

    def make_seller(self, *, name: str, tenant: int | None, wishes: Mapping[str, Any]) -> Seller:
        return super().make_seller(name=name, tenant=tenant, wishes={**wishes, "currency": "SEK"})


class RatedMarket(VintedMarket):
    """Its members carry prices over at rates of their own."""

    def make_seller(self, *, name: str, tenant: int | None, wishes: Mapping[str, Any]) -> Seller:
        made = super().make_seller(name=name, tenant=tenant, wishes=wishes)
        return replace(made, settings={**made.settings, "exchange_rates": OWN_RATES, "who_made": "i_did"})


class MartianMarket(VintedMarket):
    """Its members sell in what nobody here knows the worth of."""

    def make_seller(self, *, name: str, tenant: int | None, wishes: Mapping[str, Any]) -> Seller:
        return super().make_seller(name=name, tenant=tenant, wishes={**wishes, "currency": "XMA"})


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


def connected(database: Database, http: DirectClient, market: type[VintedMarket]) -> Account:
    """Return the account of a demo's seller on this market."""
    connections = Connections(database, Vault([Fernet.generate_key().decode()]))
    (tenant,) = make_tenants(database, 1)
    with SandboxServer(SandboxOptions(markets=[market])) as server:
        connect_sellers(connections, http, server.url, [tenant], ["vinted"], by_plugin=frozenset({"vinted"}))
    return connections.account(tenant, "vinted")


def priced(amount: str, currency: str) -> Product:
    return Product(id=1, title="Coat", description="", price=Decimal(amount), currency=currency)


def test_what_a_market_says_of_its_own_account_stands(database: Database, http: DirectClient):
    account = connected(database, http, RatedMarket)
    assert account.settings["exchange_rates"] == OWN_RATES
    assert (account.settings["who_made"], account.settings["when_made"]) == ("i_did", DECLARED["when_made"])


@pytest.mark.parametrize(
    ("amount", "currency", "price"),
    [("10.00", "EUR", "113.64"), ("10.00", "USD", "104.55"), ("10.00", "SEK", "10.00")],
)
def test_prices_are_carried_over_to_the_currency_of_the_market(
    database: Database, http: DirectClient, amount: str, currency: str, price: str
):
    account = connected(database, http, SwedishMarket)
    assert checks.price_in("SEK", priced(amount, currency), account) == Decimal(price)


def test_no_rate_is_made_up_for_a_currency_that_nobody_knows(database: Database, http: DirectClient):
    assert "exchange_rates" not in connected(database, http, MartianMarket).settings

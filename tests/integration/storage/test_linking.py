"""A listing that a sync saw is linked to the one product with its key; what could mean two is named and left."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.resources.observed.read import ListingFilter, list_listings
from stoflow.resources.products.store import Products
from stoflow.storage.database.session import Database
from tests.harness.asking import Asking

COAT = NewProduct("Coat", "Warm.", Decimal("12.50"), sku="COAT", external_id="77")


class Account:
    """What a seller has: products, and listings as a sync saw them."""

    def __init__(self, database: Database, tenant: TenantId) -> None:
        self.database, self.tenant = database, tenant
        self.store = Products(database)

    def run(self, statement: str) -> None:
        with self.database.tenant(self.tenant) as session:
            session.execute(text(statement.replace("{s}", f"user_{self.tenant}")))

    def saw(self, listing: str, *, sku: str = "", marketplace: str = "ebay", state: str = "for_sale") -> None:
        self.run(
            "INSERT INTO {s}.remote_listings (marketplace, external_id, sku, state, url) "
            f"VALUES ('{marketplace}', '{listing}', '{sku}', '{state}', 'https://shop/{listing}')"
        )

    def product(self, **changes: Any) -> int:
        return self.store.add(self.tenant, replace(COAT, **changes)).id

    def link(self, names: str = "") -> list[tuple[str, str, int, str]]:
        links = self.store.link(self.tenant, names=names)
        return [(each.marketplace, each.listing, each.product, each.obstacle) for each in links]

    def linked(self, marketplace: str = "ebay") -> dict[str, int | None]:
        page = list_listings(Asking(self.database), self.tenant, ListingFilter(marketplace))
        return {each.external_id: each.product_id for each in page.items}


@pytest.fixture
def account(database: Database, tenant: TenantId) -> Account:
    return Account(database, tenant)


def test_a_listing_with_a_product_s_sku_is_linked_once_on_each_marketplace(account: Account) -> None:
    product = account.product()
    account.saw("1", sku="COAT")
    account.saw("2", sku="COAT", marketplace="etsy")
    account.saw("3", sku="HAT")
    account.saw("4")
    assert account.link() == [("ebay", "1", product, ""), ("etsy", "2", product, "")]
    assert account.link() == []
    assert (account.linked(), account.linked("etsy")) == ({"1": product, "3": None, "4": None}, {"2": product})


def test_a_marketplace_s_own_id_links_only_what_is_there(account: Account) -> None:
    product = account.product(sku="")
    account.saw("77")
    account.saw("77", marketplace="etsy")
    assert account.link() == []
    assert account.link("etsy") == [("etsy", "77", product, "")]
    assert account.linked() == {"77": None}


def test_two_listings_of_one_sku_are_named_and_left(account: Account) -> None:
    product = account.product()
    account.saw("1", sku="COAT")
    account.saw("2", sku="COAT", state="hidden")
    assert account.link() == [("ebay", "1", product, "several listings")]
    assert account.linked() == {"1": None, "2": None}


def test_a_listing_with_the_keys_of_two_products_is_named_and_left(account: Account) -> None:
    first, second = account.product(external_id=""), account.product(sku="")
    account.saw("77", sku="COAT")
    assert account.link("ebay") == [("ebay", "77", each, "several products") for each in (first, second)]
    assert account.linked() == {"77": None}


@pytest.mark.parametrize(
    ("before", "obstacle"),
    [
        (
            "INSERT INTO {s}.listings (product_id, marketplace, external_id, visible) VALUES (1, 'ebay', '9', true)",
            "another listing",
        ),
        ("INSERT INTO {s}.marketplace_jobs (action_type_id, marketplace, product_id) VALUES (8, 'ebay', 1)", "a job"),
    ],
)
def test_a_product_that_has_another_listing_or_a_job_there_is_left(
    account: Account, before: str, obstacle: str
) -> None:
    assert account.product() == 1
    account.run(before)
    account.saw("1", sku="COAT")
    assert account.link() == [("ebay", "1", 1, obstacle)]
    assert account.linked() == {"1": None}


def test_a_listing_of_another_product_stays_that_one_s(account: Account) -> None:
    account.product()
    other = account.product(sku="", external_id="")
    account.run(f"INSERT INTO {{s}}.listings (product_id, marketplace, external_id) VALUES ({other}, 'ebay', '1')")
    account.saw("1", sku="COAT")
    assert account.link() == [("ebay", "1", 1, "another listing")]


def test_what_ended_or_was_deleted_is_not_linked(account: Account) -> None:
    account.product()
    account.run("UPDATE {s}.products SET deleted_at = now()")
    account.saw("1", sku="COAT")
    account.product()
    account.saw("2", sku="HAT", state="sold")
    account.run("UPDATE {s}.remote_listings SET sku = 'COAT', state = 'gone' WHERE external_id = '2'")
    assert account.link() == [("ebay", "1", 2, "")]

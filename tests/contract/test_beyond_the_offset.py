"""Etsy lets no page begin behind its 12,000th listing or receipt: a larger shop is seen whole all the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from stoflow.domain.account import Account
from stoflow.domain.call import Call, Reply, Request
from stoflow.marketplaces.contract import Handler
from stoflow.marketplaces.etsy.handlers import SyncEtsy, SyncOrdersEtsy
from stoflow.marketplaces.etsy.orders import EtsyOrders
from stoflow.marketplaces.etsy.sync import EtsySync
from stoflow.testing.acting import Site
from tests.contract.test_etsy_account import Going

LAST_OFFSET, PAGE = 12_000, 100
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SYNC, ORDERS = SyncEtsy(EtsySync()), SyncOrdersEtsy(EtsyOrders(lambda: NOON))
FIRST_S = 1_700_000_000
"""When the first receipt was made, in epoch seconds: each is made a second after the one before."""


def listing(number: int) -> Mapping[str, Any]:
    price = {"amount": 1000 + (number * 7_919) % 50_021, "divisor": 100, "currency_code": "EUR"}
    return {"listing_id": number, "state": "active", "title": f"Print {number}", "price": price, "quantity": 1}


def receipt(number: int) -> Mapping[str, Any]:
    return {"receipt_id": number, "created_timestamp": FIRST_S + number, "transactions": []}


@dataclass
class LargeShop:
    """Answers as Etsy does: `rows` are its active listings, or its receipts."""

    rows: list[Mapping[str, Any]]
    offsets: list[int] = field(default_factory=list[int])

    def __call__(self, call: Call, _: str = "") -> Reply:
        assert isinstance(call, Request)
        query, found = call.query, self._sorted(call.query)
        offset = int(query["offset"])
        self.offsets.append(offset)
        if offset > LAST_OFFSET:
            return Reply(400, body={"error": "Offset provided is greater than the maximum offset allowed."})
        if query.get("state", "active") != "active":
            found = []
        return Reply(200, body={"count": len(found), "results": found[offset : offset + PAGE]})

    def _sorted(self, query: Mapping[str, str]) -> list[Mapping[str, Any]]:
        made_after = int(query.get("min_created", "0"))
        rows = [row for row in self.rows if row.get("created_timestamp", made_after) >= made_after]
        by_price = query.get("sort_on") == "price"
        rows.sort(key=lambda row: cast("int", row["price"]["amount"]) if by_price else number_of(row))
        return rows if query.get("sort_order") == "asc" else rows[::-1]


def number_of(row: Mapping[str, Any]) -> int:
    return int(row.get("listing_id") or row["receipt_id"])


def gone_through(handler: Handler, shop: LargeShop) -> Going:
    return Going(handler, Site(Account("etsy", "123"), shop)).run()


@pytest.mark.parametrize("count", [12_100, 12_101, 12_500, 24_199, 24_200])
def test_every_listing_of_a_large_shop_is_seen(count: int) -> None:
    shop = LargeShop([listing(number) for number in range(1, count + 1)])
    going = gone_through(SYNC, shop)
    assert {int(each.external_id) for each in going.listings} == set(range(1, count + 1))
    assert max(shop.offsets) <= LAST_OFFSET
    assert len(shop.offsets) <= count // PAGE + 6


def test_a_shop_whose_two_ends_do_not_meet_is_gone_through_by_price_as_well() -> None:
    shop = LargeShop([listing(number) for number in range(1, 26_001)])
    going = gone_through(SYNC, shop)
    seen = {int(each.external_id) for each in going.listings}
    assert {*range(1, 12_101), *range(13_901, 26_001)} <= seen
    assert len(seen) > 25_000
    assert max(shop.offsets) <= LAST_OFFSET


@pytest.mark.parametrize("count", [12_100, 12_101, 30_000])
def test_every_receipt_of_a_busy_shop_is_seen(count: int) -> None:
    shop = LargeShop([receipt(number) for number in range(1, count + 1)])
    going = gone_through(ORDERS, shop)
    assert {int(order.external_id) for order in going.orders} == set(range(1, count + 1))
    assert max(shop.offsets) <= LAST_OFFSET

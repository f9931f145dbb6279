"""A seller who grants less than was asked for is told which actions are impossible, and the others are done."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

BOTH = pytest.mark.parametrize("marketplace", ["ebay", "etsy"])
ORDERS = {"ebay": "https://api.ebay.com/oauth/api_scope/sell.fulfillment.readonly", "etsy": "transactions_r"}


def grants_less(alice: Any, marketplace: str, account: dict[str, Any], *missing: str) -> None:
    url = alice.invited(marketplace)
    asked = dict(parse_qsl(urlsplit(url).query))
    only = " ".join(scope for scope in asked["scope"].split() if scope not in missing)
    sent = alice.browser.get(url, params={**asked, "allow": account["external_id"], "only": only})
    returned = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
    assert alice.brings(marketplace, returned).status_code == 200


@pytest.fixture
def account(alice: Any, platform: Any, marketplace: str) -> dict[str, Any]:
    return platform.account(marketplace, alice.tenant)


def asks_for_orders(alice: Any, marketplace: str) -> Any:
    return alice.page.post(f"/api/{marketplace}/jobs", json={"action_type": "orders"})


@BOTH
def test_the_connection_names_what_is_impossible_and_it_is_refused_at_once(
    alice: Any, marketplace: str, account: dict[str, Any]
) -> None:
    grants_less(alice, marketplace, account, ORDERS[marketplace])
    assert alice.connection(marketplace)["impossible"] == [{"action": "orders", "scopes": [ORDERS[marketplace]]}]
    refused = asks_for_orders(alice, marketplace)
    assert refused.status_code == 409
    assert ORDERS[marketplace] in refused.json()["detail"]
    assert f"Connect {marketplace} again" in refused.json()["detail"]


@BOTH
def test_what_was_granted_is_done(alice: Any, engine: Any, marketplace: str, account: dict[str, Any]) -> None:
    grants_less(alice, marketplace, account, ORDERS[marketplace])
    alice.declares(marketplace, account)
    job = alice.publishes(engine.product(alice), marketplace)
    assert engine.when_final(alice, job)["status"] == "completed"


@BOTH
def test_who_grants_all_or_is_told_nothing_may_do_all(alice: Any, marketplace: str, account: dict[str, Any]) -> None:
    alice.connects(marketplace, account)
    assert alice.connection(marketplace)["impossible"] == []
    assert asks_for_orders(alice, marketplace).status_code == 201


@BOTH
def test_what_was_accepted_before_waits_says_so_and_goes_on_after_the_next_consent(
    alice: Any, platform: Any, engine: Any, marketplace: str, account: dict[str, Any]
) -> None:
    alice.connects(marketplace, account)
    alice.disconnects(marketplace)
    job = asks_for_orders(alice, marketplace).json()["id"]
    grants_less(alice, marketplace, account, ORDERS[marketplace])
    waiting = engine.until(alice, job, lambda seen: ORDERS[marketplace] in seen["waiting"])
    assert [task["failures"] for task in waiting["tasks"]] == [0] * len(waiting["tasks"])

    assert alice.connects(marketplace, account).status_code == 200
    assert engine.when_final(alice, job)["status"] == "completed"

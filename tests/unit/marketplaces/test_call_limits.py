"""What eBay says of the calls that are left is read, whatever it says."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from stoflow.domain.call import Reply
from stoflow.domain.errors import EbayError
from stoflow.marketplaces.call_limits import CallLimit
from stoflow.marketplaces.ebay.call_limits import limits_in

RATE = {
    "count": 40,
    "limit": 5000,
    "remaining": 4960,
    "reset": "2026-11-23T07:09:00.000Z",
    "timeWindow": 86400,
}
RESET = datetime(2026, 11, 23, 7, 9, tzinfo=UTC)


def limits(*resources: Any, **api: Any) -> tuple[CallLimit, ...]:
    named = {"apiContext": "sell", "apiName": "Inventory", "apiVersion": "v1", **api}
    return limits_in(Reply(200, body={"rateLimits": [{**named, "resources": list(resources)}]}))


def resource(*rates: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"name": "sell.inventory", "rates": list(rates)}


def test_each_rate_of_each_resource_is_one_limit() -> None:
    other = {**RATE, "limit": 10, "remaining": 0, "timeWindow": 5}
    day, seconds = limits(resource(RATE, other))
    assert day == CallLimit("sell/Inventory/v1", "sell.inventory", 5000, 4960, 86400, RESET)
    assert (seconds.limit, seconds.remaining, seconds.window_s) == (10, 0, 5)


def test_what_ebay_leaves_out_is_not_made_up() -> None:
    assert limits(resource({}), apiVersion=None) == (
        CallLimit("sell/Inventory", "sell.inventory", None, None, None, None),
    )
    assert limits(resource({**RATE, "reset": "soon", "remaining": "many"}))[0].reset is None
    assert limits(resource(), "nonsense", {"name": "sell.inventory", "rates": None}) == ()


def test_no_content_is_no_limit() -> None:
    assert limits_in(Reply(204)) == ()
    assert limits_in(Reply(200, body={"rateLimits": []})) == ()


@pytest.mark.parametrize("reply", [Reply(500), Reply(401), Reply(200, text="<html>"), Reply(200, body={"limits": []})])
def test_an_answer_that_does_not_say_is_not_taken_for_no_limit(reply: Reply) -> None:
    with pytest.raises(EbayError, match=f"how many calls are left: HTTP {reply.status}"):
        limits_in(reply)

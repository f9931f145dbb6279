"""Which replies are about StoFlow's own application, and which about a seller or a moment."""

from typing import Any

import pytest

from stoflow.domain.application import Channel, Refusal
from stoflow.domain.call import Reply, Request
from stoflow.marketplaces.ebay.failures import refusal_of as of_ebay
from stoflow.marketplaces.etsy.failures import refusal_of as of_etsy

ITEM, PICTURE = Request("PUT", "/sell/inventory/v1/inventory_item/1"), Request("POST", "/commerce/media/v1_beta/image")
SECRET = "API key not found or not active, or incorrect shared secret for API key."
DAILY, PER_SECOND = "Exceeded daily rate limit", "Exceeded per second rate limit"
TOO_MANY = "The request limit has been reached for the resource."


def etsy_says(status: int, words: str, **headers: str) -> Reply:
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, {"error": words})


def ebay_says(status: int, number: int, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, named, {"errors": [{"errorId": number, "message": TOO_MANY}]})


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (etsy_says(403, SECRET), Refusal(Channel.CALLS, SECRET)),
        (etsy_says(401, "Invalid API key: no secret."), Refusal(Channel.CALLS, "Invalid API key: no secret.")),
        (etsy_says(429, DAILY, retry_after="86400"), Refusal(Channel.QUOTA, DAILY, 86_400.0)),
        (etsy_says(429, DAILY), Refusal(Channel.QUOTA, DAILY)),
        (etsy_says(429, "No.", x_remaining_today="0"), Refusal(Channel.QUOTA, "No.")),
        (etsy_says(429, PER_SECOND, retry_after="1"), None),
        (etsy_says(401, "invalid_token"), None),
        (etsy_says(403, "insufficient_scope"), None),
        (etsy_says(500, SECRET), None),
        (Reply(200), None),
    ],
)
def test_etsy(reply: Reply, expected: Refusal | None) -> None:
    assert of_etsy(ITEM, reply) == expected


@pytest.mark.parametrize(
    ("request_", "reply", "expected"),
    [
        (ITEM, ebay_says(429, 2001), Refusal(Channel.QUOTA, "eBay asks us to slow down.")),
        (ITEM, ebay_says(429, 2001, retry_after="7200"), Refusal(Channel.QUOTA, "eBay asks us to slow down.", 7200.0)),
        (ITEM, ebay_says(429, 2001, retry_after="2"), None),
        (PICTURE, ebay_says(429, 2001), None),
        (ITEM, Reply(429), None),
        (ITEM, ebay_says(401, 1001), None),
        (ITEM, ebay_says(400, 25002), None),
    ],
)
def test_ebay(request_: Request, reply: Reply, expected: Any) -> None:
    assert of_ebay(request_, reply) == expected

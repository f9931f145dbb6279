"""What the usual headers say of calls that are left."""

from collections.abc import Mapping
from time import time

import pytest

from stoflow.domain.call import Reply
from stoflow.marketplaces.etsy.marketplace import ETSY
from stoflow.marketplaces.limits import rest_by_headers


@pytest.mark.parametrize(
    ("headers", "rest_s"),
    [
        ({}, None),
        ({"ratelimit": '"default";r=0;t=30'}, 30.0),
        ({"ratelimit": '"hour";r=5;t=900, "minute";r=0;t=40'}, 40.0),
        ({"ratelimit": '"default";r=1;t=30'}, None),
        ({"ratelimit": "limit=100, remaining=0, reset=50"}, 50.0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "12"}, 12.0),
        ({"x-ratelimit-remaining": "0", "retry-after": "7"}, 7.0),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "7"}, None),
        ({"x-ratelimit-remaining": "0"}, None),
    ],
)
def test_the_rest_is_read_from_each_form(headers: Mapping[str, str], rest_s: float | None) -> None:
    assert rest_by_headers(Reply(200, headers=headers)) == rest_s


def test_a_reset_that_is_a_time_is_counted_from_now() -> None:
    reply = Reply(200, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time()) + 100)})
    assert rest_by_headers(reply) == pytest.approx(100, abs=2)


@pytest.mark.parametrize(
    ("headers", "rest_s"),
    [
        ({"x-remaining-this-second": "149", "x-remaining-today": "99999"}, None),
        ({"x-remaining-this-second": "0", "x-remaining-today": "99999"}, 1.0),
        ({"x-remaining-this-secon": "0", "x-remaining-today": "99999"}, 1.0),
        ({"x-remaining-this-second": "9", "x-remaining-today": "0"}, None),
    ],
)
def test_etsy_tells_that_the_calls_of_this_second_are_used_up(headers: Mapping[str, str], rest_s: float | None) -> None:
    assert ETSY.rest_s is not None
    assert ETSY.rest_s(Reply(200, headers=headers)) == rest_s

"""How many marketplaces a seller may connect: told before the consent, and held where it comes back."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from stoflow.domain.audit import OPERATOR
from stoflow.domain.quota import QuotaName
from stoflow.storage.tenants.quotas import set_limits


def limit(seller: Any, most: int) -> None:
    set_limits(seller.platform.installation.database, seller.tenant, {QuotaName.MARKETPLACES: most}, OPERATOR)


def is_over(answer: httpx.Response, most: int, used: int) -> None:
    assert answer.status_code == 402, answer.text
    quota = {"name": "marketplaces", "limit": most, "used": used, "asked": 1, "free_at": None}
    assert answer.json()["quota"] == quota


def test_one_too_many_is_told_before_the_seller_is_sent_away_and_one_less_makes_room(alice: Any, platform: Any) -> None:
    limit(alice, 1)
    assert alice.connects("ebay", platform.account("ebay")).status_code == 200
    is_over(alice.page.get("/api/etsy/oauth/authorize"), 1, 1)
    alice.disconnects("ebay")
    assert alice.connects("etsy", platform.account("etsy")).status_code == 200
    account = alice.page.get("/api/account").json()
    assert account["connected_marketplaces"] == 1
    assert [quota["used"] for quota in account["quotas"] if quota["name"] == "marketplaces"] == [1]


def test_what_is_connected_may_be_connected_again_whatever_the_limit_became(alice: Any, platform: Any) -> None:
    seller = platform.account("ebay")
    assert alice.connects("ebay", seller).status_code == 200
    limit(alice, 0)
    assert alice.connects("ebay", seller).status_code == 200


def test_of_two_consents_that_come_back_at_once_one_connects(alice: Any, platform: Any) -> None:
    limit(alice, 1)
    returned = {
        name: alice.allows(alice.invited(name), platform.account(name)["external_id"]) for name in ("ebay", "etsy")
    }
    start = Barrier(2)

    def bring(name: str) -> httpx.Response:
        start.wait()
        return alice.brings(name, returned[name])

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(bring, returned), key=lambda answer: answer.status_code)
    assert answers[0].status_code == 200, answers[0].text
    is_over(answers[1], 1, 1)
    assert platform.sql(alice.tenant, "SELECT count(*) AS kept FROM {s}.consents WHERE secret IS NOT NULL") == [
        {"kept": 0}
    ]


@pytest.mark.parametrize("most", [0, 1])
def test_a_limit_is_of_one_tenant(alice: Any, platform: Any, make_seller: Any, most: int) -> None:
    limit(alice, most)
    assert make_seller().connects("ebay", platform.account("ebay")).status_code == 200

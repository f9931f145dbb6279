"""Codes of the simulated consent page: each is good once, for a while, and for the address it was sent to."""

from typing import Any

import pytest

from stoflow_sandbox.calls import ReceivedCall
from stoflow_sandbox.consent import CODE_LIFE_S, ConsentDesk
from stoflow_sandbox.sellers import Seller

SELLER = Seller("ebay", "100001", "Ann & <Bo>")
QUERY = {"redirect_uri": "RuName", "state": "s p+", "scope": "a b"}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> ConsentDesk:
    made = ConsentDesk("eBay", clock=clock)
    made.know(SELLER)
    return made


def visit(desk: ConsentDesk, **more: str) -> Any:
    call = ReceivedCall("consent.page", "GET", {}, {**QUERY, **more}, {}, 0.0)
    return desk.answer(call, "https://platform.example/?a=1")


def code_of(desk: ConsentDesk) -> str:
    visit(desk, allow="100001")
    return next(iter(desk._codes))


def test_the_page_offers_every_seller_and_carries_what_it_was_given(desk: ConsentDesk) -> None:
    page = visit(desk).body
    assert "Allow as Ann &amp; &lt;Bo&gt;" in page
    assert '<input type="hidden" name="state" value="s p+">' in page
    assert "deny=1" in page


def test_who_allows_is_sent_back_with_a_code_and_the_state(desk: ConsentDesk) -> None:
    answer = visit(desk, allow="100001")
    assert answer.status == 302
    assert answer.headers["location"].startswith("https://platform.example/?a=1&code=")
    assert answer.headers["location"].endswith("&state=s%20p%2B")
    assert (answer.effect.seller, visit(desk, allow="nobody").status) == (SELLER, 400)


def test_who_denies_is_sent_back_without_one(desk: ConsentDesk) -> None:
    assert "error=access_denied" in visit(desk, deny="1").headers["location"]
    assert desk._codes == {}


def test_a_code_is_good_once(desk: ConsentDesk) -> None:
    code = code_of(desk)
    granted = desk.redeem(code, "RuName")
    assert granted is not None
    assert granted.seller == SELLER
    assert desk.redeem(code, "RuName") is None


def test_a_code_presented_for_another_address_is_spent(desk: ConsentDesk) -> None:
    code = code_of(desk)
    assert desk.redeem(code, "OtherName") is None
    assert desk.redeem(code, "RuName") is None


def test_a_code_ends(desk: ConsentDesk, clock: Clock) -> None:
    code = code_of(desk)
    clock.now += CODE_LIFE_S
    assert desk.redeem(code, "RuName") is None

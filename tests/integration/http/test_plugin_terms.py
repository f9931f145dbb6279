"""What a seller is told before a plugin acts in their browser, and that they accepted it."""

from stoflow.marketplaces.vinted.terms import TERMS
from tests.harness.shop import Shop

PATH = "/api/vinted/plugin-terms"


def test_a_seller_reads_the_notice_and_accepts_it_once_for_themselves(shops: tuple[Shop, Shop]) -> None:
    alice, bob = (shop.client for shop in shops)
    told = alice.get(PATH).json()
    assert told == {"version": TERMS.version, "text": TERMS.text, "accepted_at": None}
    accepted = alice.put(PATH, json={"version": TERMS.version}).json()
    assert accepted["accepted_at"]
    assert alice.put(PATH, json={"version": TERMS.version}).json() == accepted == alice.get(PATH).json()
    assert bob.get(PATH).json()["accepted_at"] is None


def test_who_read_another_wording_has_accepted_nothing(shops: tuple[Shop, Shop]) -> None:
    alice = shops[0].client
    answer = alice.put(PATH, json={"version": "2025-01"})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "version"
    assert alice.get(PATH).json()["accepted_at"] is None


def test_where_no_plugin_acts_there_is_nothing_to_accept(shops: tuple[Shop, Shop]) -> None:
    alice = shops[0].client
    asked = alice.get("/api/ebay/plugin-terms"), alice.put("/api/ebay/plugin-terms", json={"version": "1"})
    assert [answer.status_code for answer in asked] == [404, 404]

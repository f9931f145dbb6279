"""Listings of an Etsy shop are read many at once, though one id that Etsy does not have denies all of a call."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from stoflow.domain.call import Call, Reply, Request
from stoflow.domain.observed import ListingsSeen, ListingState
from stoflow.domain.outcome import Done, Refused, TryAgain
from stoflow.domain.product import Product
from stoflow.marketplaces.etsy.batches import MOST_IDS, ById, read_listings
from stoflow.marketplaces.etsy.marketplace import ETSY
from stoflow.testing.acting import hold
from stoflow_sandbox.server import SandboxServer
from tests.contract.conftest import SiteMaker
from tests.harness.account import SellersAccount

BATCH = "/v3/application/listings/batch"
NEVER_THERE = "9000001"


@pytest.fixture
def account(sandbox: SandboxServer, make_site: SiteMaker, product: Product, media_root: str) -> SellersAccount:
    return SellersAccount(ETSY, make_site(ETSY), sandbox, product, media_root)


def confirmed(account: SellersAccount, missing: Sequence[Mapping[str, Any]]) -> tuple[Done, ListingsSeen]:
    """Return what a sync says of listings that no page showed, of which every call and answer is judged."""
    going = account.going("sync")
    going.outputs["page:1"] = {"missing": missing}
    account.site.calls.clear()
    outcome = going.act("confirm:1")
    assert isinstance(outcome, Done), outcome
    assert isinstance(outcome.seen, ListingsSeen)
    return outcome, outcome.seen


def unseen(listing: str, sku: str = "") -> Mapping[str, Any]:
    return {"external_id": listing, "product": None, "sku": sku}


def paths(account: SellersAccount) -> list[str]:
    return [call.path for call in account.site.calls if isinstance(call, Request)]


def test_what_is_there_is_read_in_one_call_and_its_unknown_skus_in_another(account: SellersAccount) -> None:
    published = account.publish_many(5)
    _, seen = confirmed(account, [unseen(listing) for listing in published])
    assert paths(account) == [BATCH, f"{BATCH}/inventory"]
    assert {each.external_id: each.product for each in seen.listings} == published
    assert {each.quantity for each in seen.listings} == {1}
    assert seen.gone == ()


def test_a_sku_that_is_known_is_not_asked_for_again(account: SellersAccount) -> None:
    published = account.publish_many(4)
    _, seen = confirmed(account, [unseen(listing, f"sf7p{number}") for listing, number in published.items()])
    assert paths(account) == [BATCH]
    assert {each.external_id: each.product for each in seen.listings} == published


@pytest.mark.parametrize("place", [0, 3, 7])
def test_one_id_that_etsy_does_not_have_hides_none_of_the_others(account: SellersAccount, place: int) -> None:
    published = account.publish_many(7)
    missing = [unseen(listing) for listing in published]
    missing.insert(place, unseen(NEVER_THERE))
    confirming, seen = confirmed(account, missing)
    assert {each.external_id: each.product for each in seen.listings} == published
    assert seen.gone == (NEVER_THERE,)
    assert confirming.output["gone"] == [NEVER_THERE]


def test_what_a_batch_leaves_out_is_asked_for_by_itself(
    sandbox: SandboxServer, make_site: SiteMaker, product: Product, media_root: str
) -> None:
    site = make_site(ETSY, omits_unknown_listings=True)
    account = SellersAccount(ETSY, site, sandbox, product, media_root)
    published = account.publish_many(4)
    _, seen = confirmed(account, [unseen(NEVER_THERE), *map(unseen, published)])
    assert {each.external_id for each in seen.listings} == set(published)
    assert seen.gone == (NEVER_THERE,)
    assert paths(account) == [BATCH, f"/v3/application/listings/{NEVER_THERE}", f"{BATCH}/inventory"]


def test_listings_of_every_state_are_read_by_their_ids(account: SellersAccount) -> None:
    hidden, expired, sold, active = account.publish_many(4)
    account.behave("delete", hidden, state="inactive")
    account.behave("delete", expired, state="expired")
    account.behave("sell", sold)
    _, seen = confirmed(account, [unseen(listing) for listing in (hidden, expired, sold, active)])
    assert {each.external_id: each.state for each in seen.listings} == {
        hidden: ListingState.HIDDEN,
        expired: ListingState.HIDDEN,
        sold: ListingState.SOLD,
        active: ListingState.FOR_SALE,
    }


class Denying:
    """Answers as Etsy does: what it has of a hundred ids, or nothing where it has not all of them."""

    def __init__(self, there: Sequence[str], *, refused: str = "") -> None:
        self.there, self.refused, self.calls = set(there), refused, list[Request]()

    def __call__(self, call: Call) -> Reply:
        assert isinstance(call, Request)
        self.calls.append(call)
        asked = call.query["listing_ids"].split(",") if call.path == BATCH else [call.path.rpartition("/")[2]]
        assert len(asked) <= MOST_IDS
        if self.refused in asked:
            return Reply(400, body={"error": "This listing cannot be shown."})
        if not self.there >= set(asked):
            return Reply(404, body={"error": "Resource not found"})
        shown = [{"listing_id": int(each), "state": "active"} for each in asked]
        return Reply(200, body={"count": len(shown), "results": shown} if call.path == BATCH else shown[0])


IDS = [str(number) for number in range(1, 101)]


@pytest.mark.parametrize(
    ("unknown", "calls_at_most"),
    [([], 1), (["1"], 16), (["57"], 16), (["2", "99"], 30), (IDS[:50], 85), (IDS, 135)],
)
def test_a_hundred_are_read_in_few_calls_and_every_unknown_one_is_named(unknown: list[str], calls_at_most: int) -> None:
    shop = Denying([each for each in IDS if each not in unknown])
    found = hold(read_listings(IDS), shop)  # pyright: ignore[reportArgumentType]  it ends as what it reads
    assert isinstance(found, ById)
    assert sorted(found.gone) == sorted(unknown)
    assert found.shown.keys() == set(IDS) - set(unknown)
    assert len(shop.calls) <= calls_at_most


def test_more_than_a_hundred_are_asked_for_by_the_hundred() -> None:
    many = [str(number) for number in range(1, 202)]
    shop = Denying(many)
    found = hold(read_listings(many), shop)  # pyright: ignore[reportArgumentType]  as above
    assert isinstance(found, ById)
    assert (len(found.shown), len(shop.calls)) == (201, 3)


def test_one_that_etsy_will_not_show_is_named_with_its_reason() -> None:
    shop = Denying(IDS, refused="57")
    found = hold(read_listings(IDS), shop)  # pyright: ignore[reportArgumentType]  as above
    assert isinstance(found, ById)
    assert len(found.shown) == 99
    assert {each: type(why) for each, why in found.refused.items()} == {"57": Refused}
    assert found.refused["57"].reason == "This listing cannot be shown."


@pytest.mark.parametrize("after", [0, 1, 4])
def test_a_shop_that_cannot_answer_now_says_nothing_of_any(after: int) -> None:
    shop, made = Denying(IDS[1:]), list[Call]()

    def answer(call: Call) -> Reply:
        made.append(call)
        return shop(call) if len(made) <= after else Reply(503, body={"error": "Server Error"})

    assert isinstance(hold(read_listings(IDS), answer), TryAgain)  # pyright: ignore[reportArgumentType]  as above

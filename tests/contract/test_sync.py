"""Every marketplace that is synced shows all a seller has there, whatever happens to it while it is looked through."""

from decimal import Decimal

import pytest

from stoflow.domain.job import TaskKind
from stoflow.domain.observed import ListingsSeen, ListingState
from stoflow.domain.outcome import Done, SellerMustAct, TryAgain
from stoflow.domain.product import Product
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.paging import ASKED_AT_ONCE
from stoflow_sandbox.server import SandboxServer
from tests.contract.conftest import REGISTRY, SiteMaker
from tests.harness.account import FIRST_PRODUCT, SellersAccount, failing, page_size
from tests.harness.going import Going

PLACES = REGISTRY.marketplaces.values()
pytestmark = pytest.mark.parametrize(
    "place", [pytest.param(place, id=place.name) for place in PLACES if "sync" in place.handlers]
)
UNAVAILABLE = [pytest.param(status, TryAgain, id=str(status)) for status in (500, 502, 503, 504)]
FAILURES = [*UNAVAILABLE, pytest.param(429, TryAgain, id="429"), pytest.param(401, SellerMustAct, id="401")]


@pytest.fixture
def account(
    place: Marketplace, make_site: SiteMaker, sandbox: SandboxServer, product: Product, media_root: str
) -> SellersAccount:
    return SellersAccount(place, make_site(place), sandbox, product, media_root)


def only(going: Going) -> tuple[str, ListingState]:
    """Return the one listing there is, and what became of it."""
    ((external_id, state),) = {(listing.external_id, listing.state) for listing in going.listings}
    return external_id, state


def test_an_account_with_nothing_shows_nothing(account: SellersAccount) -> None:
    going = account.going("sync")
    *pages, confirm, save = going.steps()
    assert pages == [f"page:{number}" for number in range(1, len(pages) + 1)]
    assert (confirm, save) == ("confirm:1", "save")
    assert going.listings == going.gone == []


def test_what_is_for_sale_is_seen_as_buyers_see_it(account: SellersAccount, product: Product) -> None:
    listing = account.publish()
    (seen,) = account.going("sync").run().listings
    assert (seen.external_id, seen.state, seen.quantity) == (listing, ListingState.FOR_SALE, 1)
    assert (seen.title, seen.price, seen.currency) == (product.title, product.price, "EUR")
    assert seen.url.startswith("https://")
    assert listing in seen.url
    assert seen.product == (FIRST_PRODUCT if account.names_products else None)
    assert bool(seen.sku) == account.names_products


def test_everything_is_seen_over_several_pages(account: SellersAccount) -> None:
    going = account.going("sync")
    published = account.publish_many(page_size(going) + 1)
    tasks = list(going.steps())
    assert tasks[-2:] == ["confirm:1", "save"]
    assert tasks[:-2] == [f"page:{number}" for number in range(1, len(tasks) - 1)]
    assert len(tasks) > 3
    assert going.completed_by == [tasks[-3]]
    shown = {listing.external_id: listing.product for listing in going.listings}
    assert shown.keys() == published.keys()
    assert not account.names_products or shown == published
    assert going.outputs["save"]["pages"] == len(tasks) - 2


def test_what_is_listed_between_two_pages_hides_nothing(account: SellersAccount) -> None:
    going = account.going("sync")
    published = account.publish_many(page_size(going) + 1)
    steps = going.steps()
    assert next(steps) == "page:1"
    account.publish(1)
    assert list(steps)[-1] == "save"
    assert published.keys() <= {listing.external_id for listing in going.listings}


def test_what_ends_between_two_pages_takes_nothing_with_it(account: SellersAccount) -> None:
    going = account.going("sync")
    going.listed = account.publish_many(page_size(going) + 2)
    steps = going.steps()
    assert next(steps) == "page:1"
    ended = going.listings[0].external_id
    account.behave("delete", ended)
    assert list(steps)[-1] == "save"
    assert set(going.gone) <= {ended}


def test_what_was_sold_is_sold(account: SellersAccount) -> None:
    listing = account.publish()
    account.behave("sell", listing)
    going = account.going("sync", listed={listing: FIRST_PRODUCT}).run()
    assert only(going) == (listing, ListingState.SOLD)
    assert {listing.quantity for listing in going.listings} == {0}
    assert going.gone == []


def test_what_is_sold_in_part_is_still_for_sale(account: SellersAccount) -> None:
    if not account.sells_several:
        pytest.skip("Every listing there is of one thing.")
    listing = account.publish(quantity=3)
    account.behave("sell", listing, quantity=2)
    going = account.going("sync").run()
    assert only(going) == (listing, ListingState.FOR_SALE)
    assert [listing.quantity for listing in going.listings] == [1]


def test_what_the_seller_edited_is_seen_as_it_is_now(account: SellersAccount) -> None:
    listing = account.publish()
    account.behave("edit", listing, title="Robe bleue", price="19.00")
    (seen,) = account.going("sync").run().listings
    assert (seen.external_id, seen.state) == (listing, ListingState.FOR_SALE)
    assert (seen.title, seen.price) == ("Robe bleue", Decimal("19.00"))


def test_what_the_seller_ended_is_asked_for_and_gone(account: SellersAccount) -> None:
    kept, ended = account.publish(1), account.publish(2)
    account.behave("delete", ended)
    going = account.going("sync", listed={kept: 1, ended: 2}).run()
    assert going.gone == [ended]
    assert {listing.external_id for listing in going.listings if listing.state is ListingState.FOR_SALE} == {kept}


def test_what_no_page_showed_and_is_there_is_not_gone(account: SellersAccount) -> None:
    listing = account.publish()
    going = account.going("sync")
    going.outputs["page:1"] = {"missing": [{"external_id": listing, "product": FIRST_PRODUCT}]}
    confirmed = going.act("confirm:1")
    assert isinstance(confirmed, Done)
    assert isinstance(confirmed.seen, ListingsSeen)
    assert (confirmed.seen.gone, confirmed.seen.then) == ((), "save")


def test_many_missing_are_asked_for_task_by_task(account: SellersAccount) -> None:
    count = 2 * ASKED_AT_ONCE + 1
    never_there = {str(9_000_000 + number): number for number in range(1, count + 1)}
    going = account.going("sync", listed=never_there)
    assert list(going.steps())[-4:] == ["confirm:1", "confirm:2", "confirm:3", "save"]
    assert sorted(going.gone) == sorted(never_there)


def test_all_that_is_said_keeps_to_the_official_files(account: SellersAccount) -> None:
    listing, ended, sold = account.publish(1), account.publish(2), account.publish(3)
    account.behave("delete", ended)
    account.behave("sell", sold)
    going = account.judged_run(account.going("sync", listed={listing: 1, ended: 2, sold: 3, "9000001": 4}))
    assert going.gone == [ended, "9000001"]


def test_each_page_is_the_paced_task_and_all_may_be_repeated(account: SellersAccount) -> None:
    account.publish()
    going = account.going("sync")
    assert [plan.paced for plan in going.handler.create_tasks(None)] == [True]
    kinds = [(going.handler.step(task).kind, going.handler.step(task).paced) for task in ("page:2", "confirm:2")]
    assert kinds == [(TaskKind.REPEATABLE, True), (TaskKind.REPEATABLE, False)]
    assert going.handler.step("save").propagates
    assert going.act("page:1") == going.act("page:1")


def test_a_name_never_given_has_no_step(account: SellersAccount) -> None:
    for name in ("page", "page:x", "confirm", "save:1", "nothing"):
        with pytest.raises(KeyError):
            account.going("sync").handler.step(name)


@pytest.mark.parametrize(("status", "means"), FAILURES)
def test_a_marketplace_that_cannot_now_is_asked_again(account: SellersAccount, status: int, means: type) -> None:
    listing = account.publish()
    going = account.going("sync")
    going.outputs["page:1"] = {"missing": [{"external_id": listing, "product": FIRST_PRODUCT}]}
    for task in ("page:1", "confirm:1"):
        account.site.calls.clear()
        going.act(task)
        for after in range(len(account.site.calls)):
            outcome = going.act(task, send=failing(account.site, status, after=after))
            assert isinstance(outcome, means), f"{task} after {after}: {outcome}"
            assert not isinstance(outcome, TryAgain) or outcome.charged == (status != 429)

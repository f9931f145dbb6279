"""Going through a member's account on Vinted: the wardrobe, and what was bought."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stoflow.domain.call import Answer, Call, Command, Response
from stoflow.domain.observed import ListingsSeen, ListingState, ObservedListing, Order, OrderState
from stoflow.domain.outcome import Done, Outcome, SellerMustAct, TryAgain
from stoflow.domain.product import Product
from stoflow.marketplaces.vinted import orders, wardrobe
from stoflow.marketplaces.vinted.marketplace import VINTED
from stoflow_sandbox.server import SandboxServer
from tests.contract.conftest import SiteMaker
from tests.harness.vinted import Asked, Member

NOW = datetime.now(UTC)


@pytest.fixture
def member(make_site: SiteMaker, sandbox: SandboxServer, product: Product, media_root: str) -> Member:
    return Member(make_site(VINTED), sandbox, product, media_root)


@pytest.fixture
def one_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wardrobe, "PAGE_SIZE", 1)
    monkeypatch.setattr(orders, "PAGE_SIZE", 1)


def asked(member: Member, action: str) -> list[Any]:
    """Return the payloads of the commands of this kind."""
    return [call.payload for call in member.site.calls if isinstance(call, Command) and call.action == action]


# the wardrobe


def test_the_wardrobe_says_what_buyers_can_have(member: Member) -> None:
    free, sold, reserved, hidden = (member.listed() for _ in range(4))
    member.listed(until="complete")  # a draft is nobody's listing yet
    member.behave("sell", sold)
    member.behave("reserve", reserved)
    member.on_site("PUT", f"/items/{hidden}/is_hidden", json={"is_hidden": True})
    (page, confirmed) = member.ask("sync").pages()
    assert {listing.external_id: listing.state for listing in page.listings} == {
        free: ListingState.FOR_SALE,
        sold: ListingState.SOLD,
        reserved: ListingState.HIDDEN,
        hidden: ListingState.HIDDEN,
    }
    assert page.complete
    assert (confirmed.listings, confirmed.gone, confirmed.then) == ((), (), "save")


def test_a_listing_is_seen_with_what_buyers_see(member: Member) -> None:
    listing = member.listed()
    (page, _) = member.ask("sync").pages()
    assert page.listings == (
        ObservedListing(
            external_id=listing,
            state=ListingState.FOR_SALE,
            title="Robe d'été à fleurs",
            price=Decimal("24.50"),
            currency="EUR",
            url=f"https://www.vinted.fr/items/{listing}",
        ),
    )


@pytest.mark.usefixtures("one_a_page")
def test_the_wardrobe_goes_on_page_by_page_to_its_end(member: Member) -> None:
    listings = [member.listed() for _ in range(3)]
    seen = member.ask("sync").pages()
    assert [each.then for each in seen] == ["page:2", "page:3", "confirm:1", "save"]
    assert [each.complete for each in seen] == [False, False, True, False]
    assert [listing.external_id for each in seen for listing in each.listings] == listings[::-1]
    assert [payload["page"] for payload in asked(member, "vinted.wardrobe.list")] == [1, 2, 3]


def test_what_no_page_showed_is_asked_for_and_is_gone_only_where_the_wardrobe_lacks_it_too(member: Member) -> None:
    there, sold, reserved, gone = (member.listed() for _ in range(4))
    draft = member.listed(until="complete")
    member.behave("sell", sold)
    member.behave("reserve", reserved)
    member.behave("delete", gone)
    job = missing(member, there, sold, reserved, gone, draft)
    outcome = job.act("confirm:1")
    assert isinstance(outcome, Done)
    assert isinstance(outcome.seen, ListingsSeen)
    assert {listing.external_id: listing.state for listing in outcome.seen.listings} == {
        there: ListingState.FOR_SALE,
        draft: ListingState.HIDDEN,
        sold: ListingState.SOLD,
        reserved: ListingState.HIDDEN,
    }
    assert outcome.seen.gone == (gone,)
    assert len(asked(member, "vinted.wardrobe.list")) == 1, "the wardrobe is read once for all of them"


def missing(member: Member, *listings: str) -> Asked:
    """Return a sync whose pages did not show these."""
    named = [{"external_id": listing, "product": number} for number, listing in enumerate(listings)]
    return member.ask("sync", outputs={"page:1": {"missing": named}})


def test_where_nothing_is_missing_nothing_is_asked_for(member: Member) -> None:
    assert isinstance(missing(member).act("confirm:1"), Done)
    assert member.site.calls == []


# what was bought


def bought(job: Asked) -> list[Order]:
    return [order for seen in job.pages() for order in seen.orders]


def test_what_was_bought_names_its_listing_and_nothing_of_the_buyer(member: Member) -> None:
    listing = member.listed()
    member.behave("sell", listing)
    heard: list[Response] = []
    answer = member.site.answer

    def listening(call: Call) -> Response:
        heard.append(answer(call))
        return heard[-1]

    member.site.answer = listening
    job = member.ask("orders")
    (order,) = bought(job)
    (line,) = order.lines
    assert (order.state, order.total, order.currency) == (OrderState.PAID, Decimal("24.50"), "EUR")
    assert (line.listing_id, line.quantity, line.product, line.title) == (listing, 1, None, member.product.title)
    assert line.amount == Decimal("24.50")
    assert order.ordered_at is not None
    assert abs(order.ordered_at - NOW) < timedelta(hours=1)
    assert "buyer" not in repr(heard)
    assert "buyer" not in repr(job.outputs)


@pytest.mark.usefixtures("one_a_page")
def test_each_order_is_told_once_by_the_first_list_that_shows_it(member: Member) -> None:
    cancelled, shipped, paid, another = (member.listed() for _ in range(4))
    for listing, state in ((cancelled, "cancelled"), (shipped, "shipped"), (paid, "paid"), (another, "paid")):
        member.behave("sell", listing, state=state)
    job = member.ask("orders")
    seen = job.pages()
    lists = [(payload["status"], payload["page"]) for payload in asked(member, "vinted.orders.list")]
    assert lists == [("canceled", 1), ("completed", 1), *(("all", page) for page in (1, 2, 3, 4))]
    assert [each.complete for each in seen] == [False] * 5 + [True]
    told = [(order.state, [line.listing_id for line in order.lines]) for each in seen for order in each.orders]
    assert told == [
        (OrderState.CANCELLED, []),
        (OrderState.SHIPPED, [shipped]),
        (OrderState.PAID, [another]),
        (OrderState.PAID, [paid]),
    ]


def test_what_an_earlier_run_recorded_is_not_asked_for_its_listing_again(member: Member) -> None:
    old, new = member.listed(), member.listed()
    member.behave("sell", old, days_ago=5)
    member.behave("sell", new)
    job = member.ask("orders", since=NOW - timedelta(days=2))
    assert [[line.listing_id for line in order.lines] for order in bought(job)] == [[new], []]
    assert len(asked(member, "vinted.conversation.get")) == 1


@pytest.mark.usefixtures("one_a_page")
def test_a_list_is_left_where_only_what_can_no_longer_change_is_behind(member: Member) -> None:
    for days_ago in (90, 80, 1):
        member.behave("sell", member.listed(), days_ago=days_ago)
    job = member.ask("orders", since=NOW - timedelta(days=2))
    seen = job.pages()
    assert [payload["page"] for payload in asked(member, "vinted.orders.list") if payload["status"] == "all"] == [1, 2]
    assert seen[-1].complete


def test_an_order_whose_conversation_is_deleted_is_asked_for_by_its_transaction(member: Member) -> None:
    listing = member.listed()
    member.behave("sell", listing)
    answer = member.site.answer

    def without_conversations(call: Call) -> Response:
        is_one = isinstance(call, Command) and call.action == "vinted.conversation.get"
        return Answer(success=False, error_code="http_404") if is_one else answer(call)

    member.site.answer = without_conversations
    (order,) = bought(member.ask("orders"))
    assert [line.listing_id for line in order.lines] == [listing]


# both


@pytest.mark.parametrize("action", ["sync", "orders"])
def test_a_job_on_the_account_begins_with_one_paced_page(member: Member, action: str) -> None:
    handler = VINTED.handlers[action]
    assert [(plan.name, plan.paced) for plan in handler.create_tasks(None)] == [("page:1", True)]


@pytest.mark.parametrize(
    ("code", "means"),
    [("datadome", SellerMustAct), ("session_lost", SellerMustAct), ("http_429", TryAgain), ("http_503", TryAgain)],
)
def test_a_member_who_must_act_and_haste_stop_each_call(member: Member, code: str, means: type) -> None:
    listing = member.listed()
    member.behave("sell", listing)
    job = member.ask("orders", outputs={"page:2": {"next": {"list": "all", "page": 1}}})
    assert {type(outcome) for outcome in interrupted(job, "page:3", code)} == {means}
    for task, sync in (("page:1", member.ask("sync")), ("confirm:1", missing(member, listing))):
        assert {type(outcome) for outcome in interrupted(sync, task, code)} == {means}


def interrupted(job: Asked, task: str, code: str) -> list[Outcome]:
    """Return what the task comes to where its first call goes wrong, where its second does, and so on."""
    outcomes: list[Any] = []
    for good in range(len(commands_of(job, task))):
        left = [good]

        def answer(call: Call, left: list[int] = left) -> Response:
            left[0] -= 1
            return job.site.answer(call) if left[0] >= 0 else Answer(success=False, error_code=code)

        outcomes.append(job.act(task, send=answer))
    assert outcomes
    return outcomes


def commands_of(job: Asked, task: str) -> list[Call]:
    job.site.calls.clear()
    job.act(task)
    return list(job.site.calls)

"""A product is linked to a listing the member has on Vinted, if nobody else has it and somebody can still buy it."""

from typing import Any

import pytest

from stoflow.domain.call import Answer, Command
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Done, Listed, Refused, SellerMustAct, TryAgain
from stoflow.domain.product import Product
from stoflow.marketplaces.payloads import payload_errors
from stoflow.marketplaces.vinted.asking import Link
from stoflow.marketplaces.vinted.marketplace import VINTED
from stoflow_sandbox.server import SandboxServer
from tests.contract.conftest import SiteMaker
from tests.harness.vinted import Asked, Member


@pytest.fixture
def member(make_site: SiteMaker, sandbox: SandboxServer, product: Product, media_root: str) -> Member:
    return Member(make_site(VINTED), sandbox, product, media_root)


@pytest.fixture
def listing(member: Member) -> str:
    return member.listed()


def link(member: Member, listing: str, **fields: Any) -> Asked:
    return member.ask("link_product", payload={"listing_id": listing}, **fields)


def refused(job: Asked, task: str) -> str:
    """Return why the task is refused; each reason is about the listing that was asked for."""
    outcome = job.act(task)
    assert isinstance(outcome, Refused), outcome
    assert [error.field for error in outcome.errors] == ["payload.listing_id"]
    return outcome.reason


def test_the_product_has_the_listing_and_buyers_see_it(member: Member, listing: str) -> None:
    job = link(member, listing)
    job.run()
    url = f"https://www.vinted.fr/items/{listing}"
    assert job.outputs["save"] == {"listing_id": listing, "url": url}
    assert (job.listing_id, job.visible) == (listing, True)
    assert job.site.calls == [Command("vinted.item.get", {"id": listing})]


def test_the_read_is_the_paced_task_and_may_be_repeated(member: Member, listing: str) -> None:
    plans = [(plan.name, plan.kind, plan.paced) for plan in link(member, listing).handler.create_tasks(member.product)]
    assert plans == [
        ("validate", TaskKind.INNER, False),
        ("read", TaskKind.REPEATABLE, True),
        ("save", TaskKind.INNER, False),
    ]


def test_a_reserved_listing_is_linked_though_buyers_cannot_have_it(member: Member, listing: str) -> None:
    member.behave("reserve", listing)
    outcome = link(member, listing).act("read")
    assert isinstance(outcome, Done)
    assert outcome.listed == Listed(listing, visible=False, url=f"https://www.vinted.fr/items/{listing}", quantity=1)


def test_what_nobody_can_buy_is_refused(member: Member, listing: str) -> None:
    draft = member.listed(until="complete")
    assert "draft" in refused(link(member, draft), "read")
    member.behave("sell", listing)
    assert "sold" in refused(link(member, listing), "read")
    member.behave("delete", listing)
    assert "no such listing" in refused(link(member, listing), "read")


def test_another_members_listing_is_refused(
    make_site: SiteMaker, sandbox: SandboxServer, member: Member, listing: str
) -> None:
    stranger = Member(make_site(VINTED), sandbox, member.product, member.media_root)
    assert "no such listing" in refused(link(stranger, listing), "read")


def test_a_product_that_has_another_listing_there_is_refused(member: Member, listing: str) -> None:
    assert "already" in refused(link(member, listing, listing_id="77", visible=True), "validate")


def test_a_listing_that_was_not_given_to_the_product_is_another_ones(member: Member, listing: str) -> None:
    job = link(member, listing)
    job.run(until="save")
    job.listing_id = ""  # as the record says where another product has it
    assert "Another product" in refused(job, "save")


def test_the_product_s_own_listing_stays_as_it_is_recorded(member: Member, listing: str) -> None:
    again = link(member, listing, listing_id=listing, visible=True)
    outcome = again.run()["read"]
    assert isinstance(outcome, Done)
    assert outcome.listed is None


@pytest.mark.parametrize(
    ("code", "means"),
    [("datadome", SellerMustAct), ("session_lost", SellerMustAct), ("http_429", TryAgain), ("http_503", TryAgain)],
)
@pytest.mark.parametrize("before", [0, 1])
def test_a_member_who_must_act_and_haste_stop_it(
    member: Member, listing: str, before: int, code: str, means: type
) -> None:
    gone = [Answer(success=False, error_code="http_404")] * before
    answers = iter([*gone, Answer(success=False, error_code=code)])
    assert isinstance(link(member, listing).act("read", send=lambda _: next(answers)), means)


@pytest.mark.parametrize("payload", [{}, {"listing_id": ""}, {"listing_id": "x"}, {"listing_id": -5}])
def test_a_link_is_asked_for_with_a_listing(member: Member, payload: dict[str, Any]) -> None:
    assert [error.field for error in payload_errors(Link, payload)] == ["payload.listing_id"]
    assert "cannot be linked" in refused(member.ask("link_product", payload=payload), "validate")
    assert payload_errors(Link, {"listing_id": 5000000001}) == ()

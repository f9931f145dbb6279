"""Every marketplace ends what a publish made, and takes what is gone already for done."""

from dataclasses import replace

import pytest

from stoflow.domain.job import TaskKind
from stoflow.marketplaces.contract import Marketplace
from stoflow.testing.acting import Acting
from stoflow.testing.shown import visible
from stoflow_sandbox.server import SandboxServer

pytestmark = pytest.mark.usefixtures("marketplace", "action")
ACTION = "delete"
ENDED = {"ended", "deleted"}


@pytest.fixture
def deleting(acting: Acting, marketplace: Marketplace) -> Acting:
    """A delete of a product that was published."""
    acting.run()
    acting.site.calls.clear()
    return acting.again(handler=marketplace.handlers["delete"])


def test_buyers_no_longer_see_it_and_none_is_recorded(deleting: Acting, sandbox: SandboxServer) -> None:
    listing = deleting.listing_id
    deleting.run()
    assert visible(sandbox, deleting) == set()
    assert deleting.listing_id == ""
    states = [entry.state for entry in sandbox.sandbox.ledger.since() if entry.listing_id == listing]
    assert states[-1].lower() in ENDED
    assert deleting.outputs["save"]["already_gone"] is False


def test_exactly_one_task_is_paced_and_all_may_be_repeated(deleting: Acting) -> None:
    plans = deleting.handler.create_tasks(deleting.product)
    assert sum(plan.paced for plan in plans) == 1
    assert {plan.kind for plan in plans} <= {TaskKind.INNER, TaskKind.REPEATABLE}


def test_what_somebody_else_deleted_is_done(deleting: Acting) -> None:
    meanwhile = deleting.again()
    meanwhile.run()
    deleting.run()
    assert deleting.outputs["save"]["already_gone"] is True
    assert deleting.listing_id == ""


def test_a_product_never_published_has_nothing_to_end(acting: Acting, marketplace: Marketplace) -> None:
    deleting = replace(acting, handler=marketplace.handlers["delete"])
    deleting.run()
    assert deleting.outputs["save"]["already_gone"] is True


def test_what_was_never_made_visible_is_ended_too(acting: Acting, marketplace: Marketplace) -> None:
    """A publish that was given up leaves a draft, or an offer."""
    acting.run(until=next(plan.name for plan in acting.handler.create_tasks(acting.product) if plan.paced))
    deleting = acting.again(handler=marketplace.handlers["delete"])
    deleting.run()
    assert deleting.outputs["save"]["already_gone"] is False
    again = acting.again(listing_id=acting.listing_id, handler=marketplace.handlers["delete"])
    again.run()
    assert again.outputs["save"]["already_gone"] is True


def test_what_is_recorded_as_a_draft_and_was_visible_after_all_is_ended(
    acting: Acting, marketplace: Marketplace, sandbox: SandboxServer
) -> None:
    acting.run()
    deleting = acting.again(handler=marketplace.handlers["delete"], visible=False)
    deleting.run()
    assert visible(sandbox, acting) == set()
    assert deleting.listing_id == ""


def test_a_product_is_published_anew_after_its_delete(deleting: Acting, acting: Acting, sandbox: SandboxServer) -> None:
    first = acting.listing_id
    deleting.run()
    anew = deleting.again(handler=acting.handler)
    anew.run()
    assert visible(sandbox, anew) == {anew.listing_id}
    assert anew.listing_id not in {"", first}


def test_a_listing_that_the_seller_made_is_published_again_and_ended_as_the_one_it_is(
    acting: Acting, marketplace: Marketplace, sandbox: SandboxServer
) -> None:
    """It was linked to a product of another number: its SKU is the seller's own, or another tool's."""
    acting.run()
    sku = str(acting.outputs["save"].get("sku", ""))
    if not sku or "sync" not in marketplace.handlers:
        pytest.skip("No sync finds a listing by its SKU there.")
    product = replace(acting.product, id=acting.product.id + 1000)
    linked = acting.again(product=product, sku=sku)
    linked.run()
    assert visible(sandbox, acting) == {acting.listing_id} == {linked.listing_id}
    linked.again(handler=marketplace.handlers["delete"]).run()
    assert visible(sandbox, acting) == set()

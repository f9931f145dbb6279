"""What a delete leaves of a product: no listing is recorded, a later publish makes a new one, waiting ones are moot."""

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.errors import Conflict
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Done, Outcome
from stoflow.domain.run import NextMove
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.resources.jobs import submit as submitting

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

LISTING = "SELECT external_id, visible, url FROM {s}.listings"


def _end(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    product = attempt.product.id if attempt.product else 0
    yield Request("DELETE", "/offer", query={"sku": f"{attempt.tenant}p{product}"})
    return Done({"ended": attempt.listing_id}, ended=attempt.listing_id)


def _save(attempt: Attempt) -> Outcome:
    return Done({"still": attempt.listing_id})


STEPS = (Step("end", _end, TaskKind.REPEATABLE, paced=True), Step("save", _save))


@pytest.fixture
def marketplace(marketplace: Marketplace, shop_handler: "type[ShopHandler]") -> Marketplace:
    delete = ActionSpec("delete", "Delete", rate_limit_ms=0, overtakes=frozenset({"publish"}))
    return replace(
        marketplace,
        actions=(*marketplace.actions, delete),
        handlers={**marketplace.handlers, "delete": shop_handler(STEPS, "delete")},
        products=marketplace.products | {"delete"},
    )


def test_a_listing_that_ended_is_no_longer_the_product_s(bench: "Bench") -> None:
    product = bench.product()
    bench.run(bench.submit(product))
    deleted = bench.submit(product, "delete")

    assert bench.run(deleted).move is NextMove.NOTHING

    assert bench.one(LISTING) == {"external_id": None, "visible": False, "url": None}
    assert bench.row(deleted)["status"] == "completed"
    assert bench.row(deleted)["result_data"] == {"still": ""}


def test_a_publish_after_a_delete_makes_a_new_listing(bench: "Bench") -> None:
    product = bench.product()
    for action in ("publish", "delete", "publish"):
        assert bench.run(bench.submit(product, action)).move is NextMove.NOTHING

    assert bench.shop.calls.count("POST /offer") == 2
    assert bench.one(LISTING)["visible"]


def test_an_end_heard_of_after_another_worker_s_changes_nothing(bench: "Bench") -> None:
    product = bench.product()
    bench.run(bench.submit(product))
    deleted = bench.submit(product, "delete")
    message = bench.message(deleted)
    bench.shop.plan(lambda act: (bench.hold(deleted, "end", by=bench.process), act())[1])

    bench.run(deleted)

    assert message.claims == 0
    assert bench.one(LISTING)["visible"]  # the newer claim will find out
    assert bench.task(deleted, "end")["status"] == "running"


def test_only_the_listing_that_ended_is_forgotten(bench: "Bench") -> None:
    product = bench.product()
    bench.run(bench.submit(product))
    deleted = bench.submit(product, "delete")
    bench.shop.plan(lambda act: (bench.all("UPDATE {s}.listings SET external_id = 'another'"), act())[1])

    bench.run(deleted)

    assert bench.one(LISTING)["external_id"] == "another"


def test_a_cancel_that_waits_while_a_listing_ends_comes_too_late(bench: "Bench") -> None:
    product = bench.product()
    bench.run(bench.submit(product))
    deleted = bench.submit(product, "delete")
    bench.shop.plan(lambda act: (bench.cancel(deleted), act())[1])

    bench.run(deleted)

    assert bench.row(deleted)["status"] == "completed"
    assert "cancel came too late" in bench.causes(deleted)


def test_a_delete_cancels_a_publish_that_has_not_begun(bench: "Bench") -> None:
    product, other = bench.product(), bench.product("A hat")
    waiting, elsewhere = bench.submit(product), bench.submit(other)

    deleted = bench.submit(product, "delete")

    assert bench.row(waiting)["status"] == "cancelled"
    assert bench.row(elsewhere)["status"] == "pending"
    assert bench.run(deleted).move is NextMove.NOTHING
    assert bench.shop.calls == ["DELETE /offer"]


def test_a_publish_that_has_begun_goes_before_the_delete(bench: "Bench") -> None:
    product = bench.product()
    begun = bench.submit(product)
    bench.shop.plan(None, 429)
    bench.run(begun)

    deleted = bench.submit(product, "delete")

    assert not bench.row(begun)["cancel_requested"]
    assert bench.run(deleted).move is NextMove.RELOAD


def test_a_delete_that_is_not_accepted_cancels_nothing(bench: "Bench", monkeypatch: pytest.MonkeyPatch) -> None:
    """Another request with its key is being committed: it was not there to be found, and is there to collide with."""
    product = bench.product()
    bench.submit(bench.product("A hat"), idempotency_key="k", idempotency_digest="d")
    waiting = bench.submit(product)
    monkeypatch.setattr(submitting, "find_by_key", lambda *_: None)

    with pytest.raises(Conflict, match="under way"):
        bench.submit(product, "delete", idempotency_key="k", idempotency_digest="d")

    assert bench.row(waiting)["status"] == "pending"


def test_a_recorded_listing_that_is_gone_is_forgotten_and_another_one_is_made(bench: "Bench") -> None:
    product = bench.product()
    bench.run(bench.submit(product))
    gone = bench.one(LISTING)["external_id"]
    again = bench.submit(product)
    bench.shop.plan(None, lambda _: Reply(410, body={"id": gone}))

    bench.run(again)

    assert bench.one(LISTING) == {"external_id": None, "visible": False, "url": None}
    assert bench.task(again, "create")["failures"] == 0
    assert bench.run(again).move is NextMove.NOTHING
    assert bench.one(LISTING)["visible"]


def test_another_listing_than_the_one_that_is_gone_stays(bench: "Bench") -> None:
    product = bench.product()
    bench.run(bench.submit(product))
    before = bench.one(LISTING)
    again = bench.submit(product)
    bench.shop.plan(None, lambda _: Reply(410, body={"id": "an older one"}))

    bench.run(again)

    assert bench.one(LISTING) == before


@pytest.mark.parametrize(("replaces", "kept"), [("", "first"), ("first", "second"), ("another", "first")])
def test_a_listing_takes_the_place_of_the_one_it_replaces_only(bench: "Bench", replaces: str, kept: str) -> None:
    product = bench.product()
    for listing in ("first", "second"):
        body = {"id": listing, "replaces": replaces if listing == "second" else ""}
        bench.shop.plan(
            None, lambda _, shown=body: Reply(201, body=shown), lambda _, shown=body: Reply(201, body=shown)
        )
        assert bench.run(bench.submit(product)).move is NextMove.NOTHING

    assert bench.one(LISTING)["external_id"] == kept

"""A listing belongs to one product of a marketplace: a second one that names it does not get it."""

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Request, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Done, Listed, Outcome, Refused
from stoflow.domain.run import NextMove
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.storage.action_types import ActionTypeRow, upsert_action_types

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

LISTINGS = "SELECT product_id, marketplace, external_id FROM {s}.listings ORDER BY id"
ELSEWHERE = "elsewhere"


def _read(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    yield Request("GET", "/listing")
    return Done({}, Listed(attempt.payload["listing_id"], visible=True))


def _save(attempt: Attempt) -> Outcome:
    if attempt.listing_id != attempt.payload["listing_id"]:
        return Refused("Another product has this listing.")
    return Done({"listing_id": attempt.listing_id})


STEPS = (Step("read", _read, TaskKind.REPEATABLE), Step("save", _save))


@pytest.fixture
def marketplace(marketplace: Marketplace, shop_handler: "type[ShopHandler]") -> Marketplace:
    return replace(
        marketplace,
        actions=(ActionSpec("link", "Link", rate_limit_ms=0),),
        handlers={"link": shop_handler(STEPS, "link")},
        products=frozenset({"link"}),
    )


def link(bench: "Bench", product: int, listing: str) -> dict[str, object]:
    """Run a job that says that this is the product's listing; return the job."""
    job = bench.submit(product, "link", payload={"listing_id": listing})
    assert bench.run(job).move is NextMove.NOTHING
    return bench.row(job)


def owned(bench: "Bench") -> list[tuple[int, str, str]]:
    return [(row["product_id"], row["marketplace"], row["external_id"]) for row in bench.all(LISTINGS)]


def test_a_listing_that_another_product_has_is_not_taken(bench: "Bench") -> None:
    first, second = bench.product(), bench.product()
    assert link(bench, first, "a")["status"] == "completed"

    refused = link(bench, second, "a")

    assert (refused["status"], refused["error_message"]) == ("failed", "Another product has this listing.")
    assert refused["acted"] is False
    assert owned(bench) == [(first, "shop", "a")]


def test_a_listing_that_another_product_had_is_free(bench: "Bench") -> None:
    first, second = bench.product(), bench.product()
    link(bench, first, "a")
    bench.all("UPDATE {s}.listings SET external_id = NULL, visible = false")
    assert link(bench, second, "a")["status"] == "completed"


def test_the_same_number_on_another_marketplace_is_another_listing(bench: "Bench") -> None:
    first, second = bench.product(), bench.product()
    upsert_action_types(bench.engine.database, [ActionTypeRow(ELSEWHERE, "link", "Link", 3, False, 0, 3, 60)])
    bench.all(f"INSERT INTO {{s}}.listings (product_id, marketplace, external_id) VALUES ({first}, '{ELSEWHERE}', 'a')")
    assert link(bench, second, "a")["status"] == "completed"
    assert owned(bench) == [(first, ELSEWHERE, "a"), (second, "shop", "a")]


def test_a_product_keeps_its_own_listing_when_it_is_named_again(bench: "Bench") -> None:
    product = bench.product()
    assert [link(bench, product, "a")["status"] for _ in range(2)] == ["completed", "completed"]

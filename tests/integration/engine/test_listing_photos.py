"""A listing remembers which photos it was given, for the next job of its product."""

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Request, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Done, Listed, Outcome
from stoflow.domain.product import SentPhoto
from stoflow.domain.run import NextMove
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

PHOTOS = (SentPhoto("aa", "https://shop.example/1.jpg"), SentPhoto("bb", "https://shop.example/2.jpg"))


def _put(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    yield Request("PUT", "/photo")
    known = [photo.name for photo in attempt.listing_photos]
    return Done({"known": known}, listed=Listed(attempt.listing_id, visible=True, photos=PHOTOS))


def _forget(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    yield Request("PUT", "/photo")
    return Done(ended=attempt.listing_id)


UPDATE, DELETE = Step("put", _put, TaskKind.REPEATABLE), Step("forget", _forget, TaskKind.REPEATABLE)


@pytest.fixture
def marketplace(marketplace: Marketplace, shop_handler: "type[ShopHandler]") -> Marketplace:
    specs = (ActionSpec("update", "Update", rate_limit_ms=0), ActionSpec("delete", "Delete", rate_limit_ms=0))
    handlers = {"update": shop_handler((UPDATE,), "update"), "delete": shop_handler((DELETE,), "delete")}
    return replace(
        marketplace,
        actions=(*marketplace.actions, *specs),
        handlers={**marketplace.handlers, **handlers},
        products=marketplace.products | handlers.keys(),
    )


def test_what_a_job_gave_the_listing_is_known_to_the_next_until_it_ends(bench: "Bench") -> None:
    product = bench.product()
    assert bench.run(bench.submit(product)).move is NextMove.NOTHING
    first, second = bench.submit(product, "update"), bench.submit(product, "update")
    for job in (first, second):
        assert bench.run(job).move is NextMove.NOTHING

    assert bench.task(first, "put")["output"] == {"known": []}
    assert bench.task(second, "put")["output"] == {"known": [photo.name for photo in PHOTOS]}

    bench.run(bench.submit(product, "delete"))
    assert bench.one("SELECT external_id, photos FROM {s}.listings") == {"external_id": None, "photos": None}


def test_a_publish_that_says_nothing_of_photos_leaves_those_recorded(bench: "Bench") -> None:
    product = bench.product()
    for action in ("publish", "update", "publish"):
        assert bench.run(bench.submit(product, action)).move is NextMove.NOTHING
    assert bench.one("SELECT photos FROM {s}.listings")["photos"] == [["aa", PHOTOS[0].name], ["bb", PHOTOS[1].name]]

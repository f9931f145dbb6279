"""A step is told what its marketplace answered about its categories, and nothing of another's."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.aspect import Aspect, CategoryAspects, TaxonomyAnswers
from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import FieldError, Outcome, Refused
from stoflow.domain.run import NextMove
from stoflow.marketplaces.contract import Marketplace, Step

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

ANSWER = CategoryAspects("71", "138", aspects=(Aspect("Taille", required=True), Aspect("Motif", required=True)))


def _validate(attempt: Attempt) -> Outcome:
    asked = attempt.taxonomy["EBAY_FR", "63861"].aspects
    return Refused("Not ready.", tuple(FieldError(aspect.name, "It is asked.") for aspect in asked))


@pytest.fixture
def marketplace(marketplace: Marketplace, shop_handler: "type[ShopHandler]") -> Marketplace:
    return replace(marketplace, handlers={"publish": shop_handler((Step("validate", _validate),))})


def test_every_question_reaches_the_seller_in_one_refusal(bench: "Bench") -> None:
    def answers(marketplace: str) -> TaxonomyAnswers:
        assert marketplace == "shop"
        return {("EBAY_FR", "63861"): ANSWER}

    job = bench.submit(bench.product())
    told = replace(bench, engine=replace(bench.engine, taxonomy=answers))
    assert told.run(job).move is NextMove.NOTHING
    assert (bench.row(job)["status"], bench.shop.attempts) == ("failed", [])
    errors = bench.row(job)["error_fields"]
    assert [error["field"] for error in errors] == ["Taille", "Motif"]

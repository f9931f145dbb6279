"""eBay is asked which tree a site has and what it demands in a category; what it says is read, whatever it is."""

from collections.abc import Generator
from typing import Any, TypeVar

import pytest

from stoflow.domain.aspect import Aspect, CategoryAspects
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.errors import EbayError
from stoflow.marketplaces.ebay.taxonomy import TAXONOMY
from stoflow.marketplaces.taxonomy import Tree
from tests.harness.official import documents, faults

Said = TypeVar("Said")
TREE = Tree("71", "138")


def converse(conversation: Generator[Call, Response, Said], reply: Reply) -> tuple[Request, Said]:
    request = next(conversation)
    assert isinstance(request, Request)
    with pytest.raises(StopIteration) as ended:
        conversation.send(reply)
    return request, ended.value.value


def aspect(name: str, *values: str, mode: str = "FREE_TEXT", required: bool = False) -> dict[str, Any]:
    return {
        "localizedAspectName": name,
        "aspectConstraint": {"aspectMode": mode, "aspectRequired": required},
        "aspectValues": [{"localizedValue": value} for value in values],
    }


def errors(*ids: int) -> Reply:
    return Reply(400, body={"errors": [{"errorId": number, "message": "no"} for number in ids]})


def test_a_tree_is_asked_for_by_site() -> None:
    reply = Reply(200, body={"categoryTreeId": "71", "categoryTreeVersion": "138"})
    request, tree = converse(TAXONOMY.tree("EBAY_FR"), reply)
    assert tree == TREE
    assert request.query == {"marketplace_id": "EBAY_FR"}
    assert faults(documents("ebay"), request) == []


def test_what_must_be_said_and_what_takes_listed_values_only_is_kept() -> None:
    body = {
        "aspects": [
            aspect("Marque", "Zara", "H&M", required=True),
            aspect("Couleur", "Noir", "Bleu", mode="SELECTION_ONLY"),
            aspect("Thème", "Rétro"),
            aspect("Taille", "36", mode="SELECTION_ONLY", required=True),
        ]
    }
    request, found = converse(TAXONOMY.aspects(TREE, "63861"), Reply(200, body=body))
    assert found == CategoryAspects(
        "71",
        "138",
        aspects=(
            Aspect("Marque", required=True),  # any words do: thousands of listed brands are not kept
            Aspect("Couleur", closed=True, values=("Noir", "Bleu")),
            Aspect("Taille", required=True, closed=True, values=("36",)),
        ),
    )
    assert faults(documents("ebay"), request) == []


@pytest.mark.parametrize("number", [62005, 62008, 62009])
def test_a_category_the_tree_does_not_have_as_a_leaf_is_not_known(number: int) -> None:
    _, found = converse(TAXONOMY.aspects(TREE, "50647"), errors(number))
    assert found == CategoryAspects("71", "138", known=False)


@pytest.mark.parametrize(
    "reply", [Reply(204), Reply(200, body=[]), Reply(200, body={}), Reply(200, body={"aspects": None})]
)
def test_a_category_of_which_nothing_is_said_asks_nothing(reply: Reply) -> None:
    _, found = converse(TAXONOMY.aspects(TREE, "63861"), reply)
    assert found == CategoryAspects("71", "138")


@pytest.mark.parametrize("reply", [Reply(500), Reply(429), Reply(401), errors(62004), Reply(404)])
def test_no_answer_is_an_error_and_never_an_empty_answer(reply: Reply) -> None:
    conversation = TAXONOMY.aspects(TREE, "63861")
    next(conversation)
    with pytest.raises(EbayError, match=f"HTTP {reply.status}"):
        conversation.send(reply)


@pytest.mark.parametrize("reply", [Reply(204), errors(62003), Reply(200, body={"categoryTreeId": "71"}), Reply(200)])
def test_a_site_without_a_tree_is_an_error(reply: Reply) -> None:
    conversation = TAXONOMY.tree("EBAY_FR")
    next(conversation)
    with pytest.raises(EbayError, match="EBAY_FR"):
        conversation.send(reply)


def test_every_category_of_ours_is_asked_about_once_on_every_site() -> None:
    assert len(TAXONOMY.categories()) == len(set(TAXONOMY.categories())) > 80
    assert "EBAY_FR" in TAXONOMY.sites()

"""Etsy is asked which ids its taxonomy has and what is required under one; what it says is read, whatever it is."""

from collections.abc import Generator
from typing import Any, TypeVar

import pytest

from stoflow.domain.aspect import Aspect, CategoryAspects
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.errors import EtsyError
from stoflow.marketplaces.etsy.taxonomy import LONGEST_PAUSE_S, SITE, TAXONOMY
from stoflow.marketplaces.taxonomy import Tree
from tests.harness.official import documents, faults

Said = TypeVar("Said")
TREE = Tree(SITE, "a-digest", frozenset({"505", "558"}))
GONE = CategoryAspects(SITE, "a-digest", known=False)


def ended(conversation: Generator[Call, Response, Said], reply: Reply | None = None) -> Said:
    """Return what a conversation ends with: at once, or after one reply."""
    with pytest.raises(StopIteration) as end:
        if reply is None:
            next(conversation)
        else:
            conversation.send(reply)
    return end.value.value


def answered(conversation: Generator[Call, Response, Said], reply: Reply) -> tuple[Request, Said]:
    request = next(conversation)
    assert isinstance(request, Request)
    return request, ended(conversation, reply)


def node(number: int, name: str = "a name", *children: dict[str, Any]) -> dict[str, Any]:
    return {"id": number, "name": name, "children": list(children)}


def tree_shown(*nodes: dict[str, Any]) -> Tree:
    _, tree = answered(TAXONOMY.tree(SITE), Reply(200, body={"count": len(nodes), "results": list(nodes)}))
    return tree


def test_the_tree_has_the_ids_of_its_roots_and_of_all_below_them() -> None:
    body = {"count": 2, "results": [node(1, "Clothing", node(505, "Dresses", node(506))), node(2)]}
    request, tree = answered(TAXONOMY.tree(SITE), Reply(200, body=body))
    assert (tree.id, tree.categories) == (SITE, {"1", "505", "506", "2"})
    assert faults(documents("etsy"), request) == []


def test_a_tree_has_another_version_when_a_node_came_went_moved_or_is_called_otherwise() -> None:
    versions = [
        tree_shown(node(1, "Clothing", node(505, "Dresses")), node(2, "Shoes")).version,
        tree_shown(node(1, "Clothing", node(505, "Dresses"), node(506)), node(2, "Shoes")).version,
        tree_shown(node(1, "Clothing"), node(2, "Shoes")).version,
        tree_shown(node(1, "Clothing"), node(2, "Shoes", node(505, "Dresses"))).version,
        tree_shown(node(1, "Clothing", node(505, "Gowns")), node(2, "Shoes")).version,
    ]
    assert len(set(versions)) == len(versions)


def test_the_same_tree_in_another_order_has_the_same_version() -> None:
    assert tree_shown(node(1), node(2, "Shoes", node(3), node(4))) == tree_shown(
        node(2, "Shoes", node(4), node(3)), node(1)
    )


@pytest.mark.parametrize(
    "reply", [Reply(500), Reply(403), Reply(429), Reply(200), Reply(200, body=[]), Reply(200, body={"results": []})]
)
def test_no_tree_is_an_error_and_never_an_empty_tree(reply: Reply) -> None:
    conversation = TAXONOMY.tree(SITE)
    next(conversation)
    with pytest.raises(EtsyError, match=f"HTTP {reply.status}"):
        conversation.send(reply)


def test_the_required_properties_are_kept() -> None:
    body = {
        "count": 3,
        "results": [
            {"name": "color", "display_name": "Colour", "is_required": False},
            {"name": "size", "display_name": "Size", "is_required": True, "possible_values": [{"name": "M"}]},
            {"name": "closure", "is_required": True},
        ],
    }
    request, found = answered(TAXONOMY.aspects(TREE, "505"), Reply(200, body=body))
    asked = (Aspect("Size", required=True), Aspect("closure", required=True))
    assert found == CategoryAspects(SITE, "a-digest", aspects=asked)
    assert faults(documents("etsy"), request) == []


def test_an_id_that_the_tree_does_not_have_is_not_asked_about() -> None:
    assert ended(TAXONOMY.aspects(TREE, "506")) == GONE


def test_an_id_that_etsy_does_not_find_is_gone() -> None:
    _, found = answered(TAXONOMY.aspects(TREE, "505"), Reply(404, body={"error": "Resource not found"}))
    assert found == GONE


@pytest.mark.parametrize("reply", [Reply(200, body=[]), Reply(200, body={}), Reply(200, body={"results": [None]})])
def test_an_id_of_which_nothing_is_said_asks_nothing(reply: Reply) -> None:
    _, found = answered(TAXONOMY.aspects(TREE, "505"), reply)
    assert found == CategoryAspects(SITE, "a-digest")


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
def test_no_answer_is_an_error_and_never_an_empty_answer(status: int) -> None:
    conversation = TAXONOMY.aspects(TREE, "505")
    next(conversation)
    with pytest.raises(EtsyError, match=f"id 505: HTTP {status}"):
        conversation.send(Reply(status))


@pytest.mark.parametrize(
    ("reply", "pause_s"),
    [
        (Reply(429, body={"error": "Exceeded per second rate limit"}), 1.0),
        (Reply(429, headers={"retry-after": "3"}), 3.0),
        (Reply(429, headers={"retry-after": f"{LONGEST_PAUSE_S + 1}"}), 0.0),
        (Reply(429, headers={"x-remaining-today": "0"}), 0.0),
        (Reply(500), 0.0),
        (Reply(200), 0.0),
    ],
)
def test_the_next_second_is_waited_for_and_the_next_day_is_not(reply: Reply, pause_s: float) -> None:
    assert TAXONOMY.pause_s(reply) == pause_s


def test_every_id_of_ours_is_asked_about_once() -> None:
    assert len(TAXONOMY.categories()) == len(set(TAXONOMY.categories())) > 150
    assert {"505", "558"} <= set(TAXONOMY.categories())  # of a category, and a finer one
    assert TAXONOMY.sites() == (SITE,)

"""eBay's Taxonomy API: a tree of categories per site, and a few questions about what is listed in one.

The ids of the trees and the questions of category 15687 were seen of eBay's; the others are this sandbox's own.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from stoflow_sandbox.calls import Answer, ReceivedCall
from stoflow_sandbox.ebay.account import check_application
from stoflow_sandbox.ebay.errors import refusal
from stoflow_sandbox.market import Operation

TREE_VERSION = "138"
ROOT = "0"
BRANCHES = frozenset({"11450", "260010", "260012", "281"})
FREE_TEXT, SELECTION_ONLY = "FREE_TEXT", "SELECTION_ONLY"

Row = Mapping[str, str]


def get_default_tree(call: ReceivedCall) -> Answer:
    """getDefaultCategoryTreeId."""
    check_application(call)
    site = call.query.get("marketplace_id", "")
    if not site:
        raise refusal(400, 62002)
    tree = next((row for row in _rows("trees") if row["site"] == site), None)
    if tree is None:
        raise refusal(400, 62003)
    return Answer(200, {"categoryTreeId": tree["tree_id"], "categoryTreeVersion": TREE_VERSION})


def get_item_aspects(call: ReceivedCall) -> Answer:
    """getItemAspectsForCategory."""
    check_application(call)
    tree = next((row for row in _rows("trees") if row["tree_id"] == call.path["tree_id"]), None)
    category = call.query.get("category_id", "")
    if tree is None:
        raise refusal(400, 62004)
    if not category:
        raise refusal(400, 62006)
    if category == ROOT:
        raise refusal(400, 62008)
    if category in BRANCHES:
        raise refusal(400, 62009)
    if not category.isdecimal():
        raise refusal(400, 62005)
    return Answer(200, {"aspects": [*_everywhere(tree), *_in_category(tree, category)]})


def _everywhere(tree: Row) -> list[dict[str, Any]]:
    return [
        _aspect(tree["brand"], FREE_TEXT, ["Zara", "H&M"], required=True),
        _aspect(tree["color"], SELECTION_ONLY, tree["colors"].split("|"), required=False),
    ]


def _in_category(tree: Row, category: str) -> list[dict[str, Any]]:
    rows = [row for row in _rows("aspects") if (row["tree_id"], row["category_id"]) == (tree["tree_id"], category)]
    return [
        _aspect(
            row["name"],
            SELECTION_ONLY if row["values"] else FREE_TEXT,
            row["values"].split("|") if row["values"] else [],
            required=row["required"] == "1",
        )
        for row in rows
    ]


def _aspect(name: str, mode: str, values: list[str], *, required: bool) -> dict[str, Any]:
    return {
        "localizedAspectName": name,
        "aspectConstraint": {
            "aspectDataType": "STRING",
            "aspectMode": mode,
            "aspectRequired": required,
            "aspectUsage": "RECOMMENDED",
            "itemToAspectCardinality": "SINGLE",
            "aspectEnabledForVariations": False,
            "aspectApplicableTo": ["PRODUCT"],
        },
        "aspectValues": [{"localizedValue": value} for value in values],
    }


@cache
def _rows(name: str) -> tuple[Row, ...]:
    text = files("stoflow_sandbox.ebay").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


API = "/commerce/taxonomy/v1"
OPERATIONS = (
    Operation("tree.get", "GET", f"{API}/get_default_category_tree_id", get_default_tree, open_door=True),
    Operation(
        "aspects.list",
        "GET",
        f"{API}/category_tree/{{tree_id}}/get_item_aspects_for_category",
        get_item_aspects,
        open_door=True,
    ),
)
"""Open doors: they take the application's token, which is no seller's."""

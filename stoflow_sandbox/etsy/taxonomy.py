"""Etsy's seller taxonomy: a tree of nodes, and the properties of what is listed under one.

The ids are Etsy's, as far as StoFlow lists under them. Which node stands under which, what they are called, and the
properties are this sandbox's own; none of them is required, because nobody has established that Etsy requires one.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from stoflow_sandbox.calls import Answer, ReceivedCall
from stoflow_sandbox.etsy.errors import refusal

COLOUR, SIZE = 9_000_001, 9_000_002
COLOURS = ("Black", "White", "Red")

Row = Mapping[str, str]


def show_nodes(_call: ReceivedCall) -> Answer:
    """getSellerTaxonomyNodes."""
    return _listing([_node(row, ()) for row in _rows() if not row["parent_id"]])


def show_properties(call: ReceivedCall) -> Answer:
    """getPropertiesByTaxonomyId."""
    number = call.path["taxonomy_id"]
    if not number.isdecimal():
        raise refusal(400, f"Invalid taxonomy_id: {number}")
    if all(row["taxonomy_id"] != number for row in _rows()):
        raise refusal(404, "Resource not found")
    return _listing([_property(COLOUR, "Colour", COLOURS), _property(SIZE, "Size", ())])


def _listing(results: list[dict[str, Any]]) -> Answer:
    return Answer(200, {"count": len(results), "results": results})


def _node(row: Row, above: tuple[int, ...]) -> dict[str, Any]:
    path = (*above, int(row["taxonomy_id"]))
    return {
        "id": path[-1],
        "level": len(above),
        "name": row["name"],
        "parent_id": above[-1] if above else None,
        "children": [_node(each, path) for each in _rows() if each["parent_id"] == row["taxonomy_id"]],
        "full_path_taxonomy_ids": list(path),
    }


def _property(number: int, name: str, values: tuple[str, ...]) -> dict[str, Any]:
    return {
        "property_id": number,
        "name": name.lower(),
        "display_name": name,
        "scales": [],
        "is_required": False,
        "supports_attributes": True,
        "supports_variations": True,
        "is_multivalued": False,
        "max_values_allowed": None,
        "possible_values": [
            {"value_id": number * 10 + place, "name": value, "scale_id": None, "equal_to": []}
            for place, value in enumerate(values)
        ],
        "selected_values": [],
    }


@cache
def _rows() -> tuple[Row, ...]:
    text = files("stoflow_sandbox.etsy").joinpath("data", "nodes.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))

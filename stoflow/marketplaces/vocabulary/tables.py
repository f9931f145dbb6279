"""Our own small tables, shipped as CSV beside the code that reads them."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

SHARED = "stoflow.marketplaces.vocabulary"
"""The package of the tables that belong to no marketplace."""


@cache
def read_table(package: str, name: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of `data/{name}.csv` in the package, columns by their header."""
    text = files(package).joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def words_in(cell: str) -> list[str]:
    """Return the words of a cell that holds several, between bars; none for an empty one."""
    return cell.split("|") if cell else []

"""Our own small tables, shipped as CSV beside the code that reads them."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def read_table(package: str, name: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of `data/{name}.csv` in the package, columns by their header."""
    text = files(package).joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))

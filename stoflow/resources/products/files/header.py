"""Where the names of a table's columns stand, and what they are called."""

import re
from collections.abc import Iterable, Sequence

from stoflow.resources.products.fields.words import column_words, plain

SEARCHED_ROWS = 20  # a report's title and its remarks stand above its table, and are few
TABLE_COLUMNS = 3
KNOWN_AT_LEAST = 2
# What some tools write under a table: "3 record(s) downloaded", "Seller ID: anna".
FOOTER = re.compile(r"\d+\W+record\(s\) downloaded|seller id\s*:")


def is_remark(cells: Sequence[str]) -> bool:
    """Tell whether a row speaks about the file: `#INFO` and `Info` lines of templates, and what reports end with."""
    first, *others = [cell.strip() for cell in cells if cell.strip()] or [""]
    word = first.lower()
    if word.startswith("#info"):
        return True
    if word == "info" and others:
        return "=" in others[0]
    return FOOTER.match(" ".join([word, *others[:1]]).lower()) is not None


def header_position(rows: Sequence[Sequence[str]]) -> int:
    """Return which of a table's first rows names its columns: the first, unless that is a report's title."""
    candidates = [position for position, cells in enumerate(rows[:SEARCHED_ROWS]) if not is_remark(cells)]
    if not candidates:
        return 0
    first = candidates[0]
    filled = _filled(rows[first])
    if filled >= TABLE_COLUMNS or known_columns(rows[first]):
        return first
    return next((each for each in candidates if _is_below_title(rows[each], filled)), first)


def _is_below_title(cells: Sequence[str], title_cells: int) -> bool:
    return known_columns(cells) >= KNOWN_AT_LEAST or (title_cells == 1 and _filled(cells) >= TABLE_COLUMNS)


def _filled(cells: Iterable[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def known_columns(cells: Iterable[str]) -> int:
    """Return how many of the names are words that columns of products go by."""
    words = {plain(cell) for cell in cells}
    return sum(1 for names in column_words().values() for name in names if name in words)


def unique_names(cells: Iterable[str]) -> tuple[str, ...]:
    """Return a name for each column: `image`, `image (2)` where it comes twice, `column 3` where it has none."""
    written = [" ".join(cell.split()) or f"column {position}" for position, cell in enumerate(cells, start=1)]
    taken, times, names = set(written), dict[str, int](), list[str]()
    for name in written:
        own = name
        while name in times and (own == name or own in taken):
            times[name] += 1
            own = f"{name} ({times[name]})"
        times.setdefault(name, 1)
        taken.add(own)
        names.append(own)
    return tuple(names)


def needed_columns(cells: Sequence[str]) -> int:
    """Return how many cells a row must have: columns without a name at the end may be left out."""
    return max((position for position, cell in enumerate(cells, start=1) if cell.strip()), default=0)

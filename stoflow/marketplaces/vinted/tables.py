"""Vinted's ids of what StoFlow names: categories, sizes, colours, brands, grades."""

from collections.abc import Iterator, Mapping
from functools import cache

from stoflow.marketplaces.vocabulary.categories import Category
from stoflow.marketplaces.vocabulary.sizes import Size, shoe_size
from stoflow.marketplaces.vocabulary.tables import SHARED, read_table
from stoflow.marketplaces.vocabulary.wording import plain

PACKAGE = "stoflow.marketplaces.vinted"
WAIST_GROUP = "77"
JACKET_GROUP = "75"
JACKET_EU_ABOVE_US = 10  # a 36R jacket is a European 46
SHOE_GROUPS = frozenset({"7", "38"})


@cache
def categories() -> Mapping[str, Mapping[str, str]]:
    """Return Vinted's category of each of StoFlow's."""
    return {row["category"]: row for row in read_table(PACKAGE, "categories")}


@cache
def colors() -> Mapping[str, int]:
    """Return Vinted's id of each of StoFlow's colours."""
    return {row["color"]: int(row["color_id"]) for row in read_table(PACKAGE, "colors")}


@cache
def statuses() -> Mapping[str, int]:
    """Return Vinted's id of each grade."""
    return {row["grade"]: int(row["status_id"]) for row in read_table(PACKAGE, "statuses")}


@cache
def _brands() -> Mapping[str, int]:
    brands: dict[str, int] = {}
    for row in read_table(SHARED, "brands"):
        brands.setdefault(plain(row["brand"]), int(row["vinted_id"]))
    return brands


def brand_id(name: str) -> int | None:
    """Return Vinted's id of a brand we know; a brand without one is sent by its name."""
    return _brands().get(plain(name))


@cache
def _sizes() -> Mapping[tuple[str, str], int]:
    """Return size ids by group and by each way a title says them, whole titles first."""
    rows = read_table(PACKAGE, "sizes")
    found = {(row["size_group"], plain(row["title"].removesuffix(" Ø"))): int(row["size_id"]) for row in rows}
    for row in rows:
        # The last number of "M / 38 / 10" is a British size: 30 is one row's first number and another one's last.
        for part in row["title"].split(" / ")[:2] if row["size_group"] == "4" else row["title"].split(" / "):
            found.setdefault((row["size_group"], plain(part)), int(row["size_id"]))
    return found


@cache
def _others() -> Mapping[str, int]:
    return {row["size_group"]: int(row["size_id"]) for row in read_table(PACKAGE, "sizes") if row["is_other"]}


def size_id(size: Size | None, category: Category) -> int | None:
    """Return Vinted's id of the size in the category's groups, "Other" where a group has it, else None."""
    groups = categories()[category.name]["size_groups"].split()
    if size is None:
        return None
    for group in groups:
        for words in _ways_to_say(size, category, group):
            if (group, words) in _sizes():
                return _sizes()[group, words]
    return next((_others()[group] for group in groups if group in _others()), None)


def _ways_to_say(size: Size, category: Category, group: str) -> Iterator[str]:
    yield plain(size.text)
    charted = shoe_size(size, category.audience) if group in SHOE_GROUPS else None
    if charted:
        yield charted.eu
    for part in (plain(part) for part in size.parts):
        number = part.strip("w").split("x")[0].split("l")[0].strip()
        if group == WAIST_GROUP and number.isdigit():
            yield f"w{number}"
        elif group == JACKET_GROUP and part.rstrip("rsl").isdigit() and part[-1] in "rsl":
            yield str(int(part.rstrip("rsl")) + JACKET_EU_ABOVE_US)
        else:
            yield part

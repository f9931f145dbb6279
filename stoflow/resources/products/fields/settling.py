"""Which column of a file fills which field: what was asked for first, then the names people use."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from stoflow.domain.errors import InputError
from stoflow.resources.products.fields.columns import (
    AVAILABILITY,
    FOLLOWS,
    PARENT,
    PHOTO_ORDER,
    SOLD_FLAG,
    TRACKER,
    Columns,
)
from stoflow.resources.products.fields.headings import REPEATED, Heading, headings_of
from stoflow.resources.products.fields.mapping import Mapped
from stoflow.resources.products.fields.matching import FIELDS, Matcher, in_one_currency
from stoflow.resources.products.fields.options import option_columns
from stoflow.resources.products.fields.profiles import recognise
from stoflow.resources.products.fields.special_prices import SpecialPrices
from stoflow.resources.products.fields.words import plain

REQUIRED_FIELDS = ("title", "price")
OF_A_VARIANT = ("size", "colors", "sku", "price", "quantity", "currency", "condition")
KEY = re.compile(r"(?P<before>[^{]*)\{(?P<columns>[^}]+)\}")
CONDITION_FLAG = "condition flag"  # some exports keep the condition as one true-or-false column per grade
SOURCE = "source"  # where the file was taken from


def settle(names: Sequence[str], mapping: Mapped) -> Columns:
    """Match the file's columns with the fields; InputError where an asked one, a title or a price is missing."""
    if not names:
        raise InputError("The file holds no products.")
    asked = {field: (each,) if isinstance(each, str) else tuple(each) for field, each in mapping.items()}
    constants = {field: columns[0][1:] for field, columns in asked.items() if columns[0].startswith("=")}
    headings = headings_of(names)
    chosen = {
        field: tuple(name for column in columns for name in _existing(column, headings))
        for field, columns in asked.items()
        if field not in constants
    }
    taken = {column for columns in chosen.values() for column in columns}
    matcher = Matcher(recognise(headings), tuple(each for each in headings if each.name not in taken))
    by_field = {field: chosen.get(field) or matcher.columns(field) for field in FIELDS if field not in constants}
    for field in REQUIRED_FIELDS:
        if field not in constants and not by_field[field]:
            raise InputError(
                f"No column looks like the {field}: name it by the option map, {field}=Column. {_has(names)}"
            )
    return _settled(by_field, constants, matcher, headings)


def _settled(
    by_field: Mapping[str, tuple[str, ...]],
    constants: Mapping[str, str],
    matcher: Matcher,
    headings: Sequence[Heading],
) -> Columns:
    tool, named = matcher.tool, matcher.named
    prices, currency, sign = in_one_currency(by_field.get("price", ()), headings)
    options = option_columns(headings, named(tool.options))
    special = SpecialPrices(
        frozenset(named(tool.sale)), named(tool.sale_from), named(tool.sale_until), datetime.now(UTC).date()
    )
    marks = _marks(matcher)
    keys = [match for match in map(KEY.fullmatch, tool.group_by) if match]
    return Columns(
        {**by_field, "price": prices},
        constants,
        condition_flags=matcher.by_words(CONDITION_FLAG),
        sources=matcher.by_words(SOURCE),
        currency=currency,
        price_sign=sign,
        options=options,
        special=special,
        tool=tool,
        trees={column: matcher.tree(column) for column in by_field.get("category", ())},
        marks=marks,
        keys=tuple((key["before"], named(key["columns"].split("/"))) for key in keys),
        varying=frozenset(
            [
                *(column for field in OF_A_VARIANT for column in by_field.get(field, ())),
                *(column for _, column in options.pairs),
                *options.written,
                *special.begins,
                *special.ends,
                *(column for columns in marks.values() for column in columns),
            ]
        ),
    )


def _marks(matcher: Matcher) -> Mapping[str, tuple[str, ...]]:
    tool = matcher.tool
    marked = {column for column, _ in (*tool.gone, *tool.leave_out)}
    return {
        AVAILABILITY: matcher.by_words(AVAILABILITY),
        SOLD_FLAG: matcher.by_words(SOLD_FLAG),
        TRACKER: matcher.named(tool.tracker),
        PARENT: matcher.named(tool.parent),
        FOLLOWS: matcher.named(tool.follows),
        PHOTO_ORDER: matcher.named(tool.photo_order),
        **{column: matcher.named((column,)) for column in marked},
    }


def existing(column: str, names: Sequence[str]) -> str:
    """Return the file's own spelling of a column someone named; InputError where it has none such."""
    return _existing(column, headings_of(names))[0]


def _existing(column: str, headings: Sequence[Heading]) -> tuple[str, ...]:
    """Return the columns someone means: those of that name, or of those words, or the numbered series of them."""
    words = plain(column)
    for found in (
        [each.name for each in headings if each.name == column or REPEATED.sub("", each.name) == column],
        [each.name for each in headings if plain(each.name) == words],
        [each.name for each in headings if words in {each.words, each.stem}],
    ):
        if found:
            return tuple(found)
    raise InputError(f'The file has no column "{column}". {_has([each.name for each in headings])}')


def _has(names: Sequence[str]) -> str:
    return f"The file has {', '.join(names)}."

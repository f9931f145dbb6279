"""The rows of one product gathered: its photos in order, and one of its variants."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stoflow.resources.products.fields import values
from stoflow.resources.products.fields.columns import PARENT, PHOTO_ORDER, Columns, is_empty
from stoflow.resources.products.files.rows import RejectedRow, Row

TELLING = ("size", "colors", "sku", "price")  # two rows that differ in one of these are two variants
SAID = (*TELLING, "quantity")
NOTHING_LEFT = re.compile(r"-.*|0+(?:[.,]0+)?")


@dataclass(frozen=True, slots=True)
class Variant:
    """What one row says that another row of its product may say otherwise."""

    line: int
    cells: Mapping[str, Any]
    said: Mapping[str, str]

    @property
    def is_left(self) -> bool:
        return NOTHING_LEFT.fullmatch(self.said["quantity"]) is None

    def differs(self, other: "Variant") -> bool:
        pairs = ((self.said[name], other.said[name]) for name in TELLING)
        return any(one and another and one != another for one, another in pairs)

    @property
    def words(self) -> str:
        return ", ".join(f"{name} {value[:40]}" for name, value in self.said.items() if value)


@dataclass(slots=True)
class Group:
    """The rows of one product so far: what they share, all photos, and the variant that is taken.

    Of several variants the first that is in stock is taken, as a product here has one size and one quantity.
    """

    line: int
    is_keyed: bool = True
    shared: dict[str, Any] = field(default_factory=dict[str, Any])
    of_children: dict[str, Any] = field(default_factory=dict[str, Any])
    photos: dict[str, int] = field(default_factory=dict[str, int])
    variant: Variant | None = None

    def add_photos(self, row: Row, columns: Columns) -> None:
        """Take in a row that says nothing new but its photos."""
        self.shared = self.shared or dict(row.values)
        self._gather(row, columns)

    def add(self, row: Row, columns: Columns, *, is_child: bool = False) -> RejectedRow | None:
        """Take a row in; return the variant that is left out for it, or as it, if one is."""
        view = {**row.values, **self._names_of_options(row, columns)}
        variant = variant_of(row.line, view, columns)
        own = self.of_children if is_child else self.shared
        kept = row.values.items() if variant is None else _without(row.values, columns)
        for name, value in kept:
            if is_empty(own.get(name)):
                own[name] = value
        self._gather(row, columns)
        return None if variant is None else self._settle(variant, columns)

    def values(self) -> dict[str, Any]:
        """Return the values of the product: those of its variant before its own, its own before its children's."""
        if self.variant is None and not self.of_children:
            return self.shared
        cells = self.variant.cells if self.variant else {}
        layers = (cells, self.shared, self.of_children)
        return {name: _first(name, layers) for layer in reversed(layers) for name in layer}

    def ordered_photos(self) -> tuple[str, ...]:
        return tuple(sorted(self.photos, key=self.photos.__getitem__))

    def _gather(self, row: Row, columns: Columns) -> None:
        order = _order(row, columns)
        for photo in values.links(columns.value(row.values, "images")):
            self.photos.setdefault(photo, order)

    def _names_of_options(self, row: Row, columns: Columns) -> dict[str, Any]:
        """Return the names of options that only the first row of a product writes."""
        names = (name for name, _ in columns.options.pairs)
        return {name: self.shared.get(name) for name in names if is_empty(row.values.get(name))}

    def _settle(self, variant: Variant, columns: Columns) -> RejectedRow | None:
        taken = self.variant
        if taken is None or not taken.differs(variant):
            self.variant = variant if taken is None else _completed(taken, variant)
            return None
        left_out = variant
        if variant.is_left and not taken.is_left:
            self.variant, left_out = variant, taken
        return self._left_out(left_out, columns)

    def _left_out(self, variant: Variant, columns: Columns) -> RejectedRow:
        title = values.text(columns.value(self.values(), "title"))[:60]
        kept = self.variant.line if self.variant else self.line
        reason = (
            f"Another variant of “{title}” ({variant.words}): a product has one size and one quantity, and line {kept} "
            "is the one taken. Write this one as a product of its own to sell it too."
        )
        column = columns.column_of({**self.shared, **variant.cells}, "size")
        return RejectedRow(variant.line, reason, "size", column, variant.said["size"])


def variant_of(line: int, row: Mapping[str, Any], columns: Columns) -> Variant | None:
    """Return what the row says of a variant, None for one that only adds to a product, as it has no price."""
    said = {name: values.text(columns.value(row, name)).strip() for name in SAID}
    if not said["price"]:
        return None
    return Variant(line, {name: row[name] for name in columns.varying if name in row}, said)


def group_key(columns: Columns, row: Row) -> tuple[str, bool]:
    """Return (the key of a row's product, whether the row is a child of it), "" where the file has none."""
    parent = _text(row, columns.marks.get(PARENT, ()))
    if parent:
        return parent, True
    found = ((before, _text(row, names)) for before, names in columns.keys)
    return next((f"{before}{value}" for before, value in found if value), ""), False


def _without(row: Mapping[str, Any], columns: Columns) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in row.items() if name not in columns.varying]


def _completed(taken: Variant, other: Variant) -> Variant:
    cells = {name: _first(name, (taken.cells, other.cells)) for name in (*taken.cells, *other.cells)}
    return Variant(taken.line, cells, {name: taken.said[name] or other.said[name] for name in SAID})


def _first(name: str, layers: tuple[Mapping[str, Any], ...]) -> Any:
    return next((layer[name] for layer in layers if not is_empty(layer.get(name))), "")


def _order(row: Row, columns: Columns) -> int:
    written = _text(row, columns.marks.get(PHOTO_ORDER, ()))
    return int(written) if written.isdecimal() else 0


def _text(row: Row, names: tuple[str, ...]) -> str:
    return next(filter(None, (values.text(row.values.get(name, "")) for name in names)), "")

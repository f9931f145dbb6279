"""The tools whose exports are known by their columns: one row of `data/profiles.csv` each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from stoflow.resources.products.fields.headings import Heading
from stoflow.resources.products.fields.words import plain, table

ANYTHING = "*"  # in place of a word: the column is filled
FIRST_FIELD = "title"  # the columns of the table before it are rules, it and those behind it fields


@dataclass(frozen=True, slots=True)
class Profile:
    """How one tool writes its files; `data/README.md` says what each column of the table means.

    All names of columns are plain words; `fields` holds, per product field, its columns, best first.
    """

    name: str = ""
    signature: tuple[tuple[str, ...], ...] = ()
    group_by: tuple[str, ...] = ()
    parent: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    photo_order: tuple[str, ...] = ()
    help: str = ""
    leave_out: tuple[tuple[str, str], ...] = ()
    gone: tuple[tuple[str, str], ...] = ()
    tracker: tuple[str, ...] = ()
    sale: tuple[str, ...] = ()
    sale_from: tuple[str, ...] = ()
    sale_until: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    first_line: str = ""
    tree: str = ""
    codes: frozenset[str] = frozenset()
    unused: frozenset[str] = frozenset()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def wrote(self, words: frozenset[str]) -> bool:
        return all(any(name in words for name in names) for names in self.signature)


UNKNOWN = Profile()


def recognise(headings: Sequence[Heading]) -> Profile:
    """Return the profile of the tool that wrote these columns; the unknown one, which has no name, where none did."""
    words = frozenset(heading.words for heading in headings)
    return next((profile for profile in profiles() if profile.wrote(words)), UNKNOWN)


@cache
def profiles() -> tuple[Profile, ...]:
    return tuple(map(_profile, table("profiles.csv")))


def _profile(row: Mapping[str, str]) -> Profile:
    names = list(row)
    return Profile(
        name=row["profile"],
        signature=tuple(tuple(each.split("/")) for each in _names(row["signature"])),
        group_by=_names(row["group_by"]),
        parent=_names(row["parent"]),
        follows=_names(row["follows"]),
        photo_order=_names(row["photo_order"]),
        help=row["help"],
        leave_out=_pairs(row["leave_out"]),
        gone=_pairs(row["gone"]),
        tracker=_names(row["tracker"]),
        sale=_names(row["sale"]),
        sale_from=_names(row["sale_from"]),
        sale_until=_names(row["sale_until"]),
        options=_names(row["options"]),
        first_line=row["first_line"],
        tree=row["tree"],
        codes=frozenset(_names(row["codes"])),
        unused=frozenset(_names(row["unused"])),
        fields={name: _names(row[name]) for name in names[names.index(FIRST_FIELD) :] if row[name]},
    )


def _names(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("|")) if cell else ()


def _pairs(cell: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (column, value if value == ANYTHING else plain(value))
        for column, _, value in (pair.partition("=") for pair in _names(cell))
    )

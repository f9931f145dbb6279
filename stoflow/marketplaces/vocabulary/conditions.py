"""What StoFlow's note from 0 (worn out) to 10 (new with tags) says in words; never graded up."""

from enum import StrEnum
from functools import cache

from stoflow.marketplaces.vocabulary.tables import SHARED, read_table


class Grade(StrEnum):
    """The grades every marketplace can say in its own words."""

    NEW_WITH_TAGS = "new with tags"
    NEW = "new without tags"
    VERY_GOOD = "very good"
    GOOD = "good"
    SATISFACTORY = "satisfactory"


@cache
def _lowest_notes() -> tuple[tuple[int, Grade], ...]:
    rows = read_table(SHARED, "conditions")
    return tuple(sorted(((int(row["lowest_note"]), Grade(row["grade"])) for row in rows), reverse=True))


@cache
def new_grades() -> frozenset[Grade]:
    """Return the grades of what nobody has worn."""
    return frozenset(Grade(row["grade"]) for row in read_table(SHARED, "conditions") if row["is_new"])


def grade_of(note: int | None) -> Grade | None:
    """Return the grade of a note; None for a missing one and for one below the lowest: worn out, never graded up."""
    if note is None:
        return None
    return next((grade for lowest, grade in _lowest_notes() if note >= lowest), None)

"""What StoFlow's note from 0 (worn out) to 10 (new with tags) says in words; never graded up."""

from enum import StrEnum


class Grade(StrEnum):
    """The grades every marketplace can say in its own words."""

    NEW_WITH_TAGS = "new with tags"
    NEW = "new without tags"
    VERY_GOOD = "very good"
    GOOD = "good"
    SATISFACTORY = "satisfactory"


LOWEST_NOTES: tuple[tuple[int, Grade], ...] = (
    (10, Grade.NEW_WITH_TAGS),
    (9, Grade.NEW),
    (7, Grade.VERY_GOOD),
    (5, Grade.GOOD),
    (3, Grade.SATISFACTORY),
)
NEW_GRADES = frozenset({Grade.NEW_WITH_TAGS, Grade.NEW})


def grade_of(note: int | None) -> Grade | None:
    """Return the grade of a note; None for a missing one and for one below 3: worn out, and never graded up."""
    if note is None:
        return None
    return next((grade for lowest, grade in LOWEST_NOTES if note >= lowest), None)

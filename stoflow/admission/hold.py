"""Why something does not run yet, until when, and who ends it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Release(StrEnum):
    """Who or what lets it go on."""

    ITSELF = "itself"
    SELLER = "seller"
    OPERATOR = "operator"


class Stops(StrEnum):
    """What a hold on a place stops."""

    BEGINNING = "beginning"  # what has begun goes on
    ACTING = "acting"  # what became of lost answers is still looked for
    ALL_BUT_TRIES = "all_but_tries"  # one tries when it is told to, and a look that a cancel waits for is made
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason. `detail` is a sentence for people; `until` is None where nobody knows."""

    kind: str
    detail: str
    release: Release = Release.ITSELF
    until: datetime | None = None

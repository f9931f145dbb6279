"""Whose an answer is: each tenant's texts hold its own word, and each of its numbers lies in its own range."""

import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

WORD: Final = re.compile(rb"qanary([0-9]{3})x")
STANDING_ALONE: Final = re.compile(rb"(?<![0-9A-Za-z._-])([0-9]{8,9})(?![0-9A-Za-z._-])")
RANGE: Final = 4_000_000
"""How many numbers of each kind a tenant may use; the first of tenant 5 is 28,000,000."""
BEFORE: Final = 2
MOST: Final = 10**9 // RANGE - BEFORE - 1
AROUND: Final = 60
PAGE, COMMANDED = "page", "plugin"
OVER_SOCKETS: Final = (PAGE, COMMANDED)


def word_of(owner: int) -> str:
    """Return what stands in everything that this owner, 1 to `MOST`, has."""
    return f"qanary{owner:03d}x"


def first_id_of(owner: int) -> int:
    """Return where the numbers of an owner begin, in every table."""
    return (owner + BEFORE) * RANGE


def owners_in(answer: bytes) -> dict[int, bytes]:
    """Return whose things an answer holds, each with a place where that is seen."""
    found: dict[int, bytes] = {}
    for match in WORD.finditer(answer):
        found.setdefault(int(match[1]), _around(answer, match))
    for match in STANDING_ALONE.finditer(answer):
        owner = int(match[1]) // RANGE - BEFORE
        if owner > 0:
            found.setdefault(owner, _around(answer, match))
    return found


def _around(answer: bytes, match: "re.Match[bytes]") -> bytes:
    return answer[max(0, match.start() - AROUND) : match.end() + AROUND]


@dataclass
class Judge:
    """Looks at every answer. `wrong` are those that hold what is another's; `own` counts, by what was asked, those
    that hold what is the asker's, without which nothing would be shown.
    """

    answers: Counter[str] = field(default_factory=Counter[str])
    own: Counter[str] = field(default_factory=Counter[str])
    statuses: Counter[int] = field(default_factory=Counter[int])
    wrong: list[str] = field(default_factory=list[str])
    cancelled: int = 0
    unanswered: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def total(self) -> int:
        return self.answers.total()

    @property
    def over_sockets(self) -> int:
        return sum(self.answers[kind] for kind in OVER_SOCKETS)

    def look(self, asker: int, kind: str, answer: bytes, *, status: int = 0, asked: bytes = b"") -> None:
        """Count an answer to a question of `asker`, who knows what it `asked` for: that may be said to it again."""
        owners = owners_in(answer.replace(asked, b"") if asked else answer)
        with self._lock:
            self.answers[kind] += 1
            self.statuses[status] += 1
            self.own[kind] += asker in owners
            for owner, place in owners.items():
                if owner != asker:
                    self.wrong.append(f"{kind} of tenant {asker} was answered with tenant {owner}'s: {place!r}")

    def refuse_found(self, asker: int, kind: str, status: int) -> None:
        """Note that what is another's was there for this asker."""
        with self._lock:
            self.wrong.append(f"{kind} of another was answered {status} to tenant {asker}")

    def cancel(self) -> None:
        with self._lock:
            self.cancelled += 1

    def miss(self) -> None:
        with self._lock:
            self.unanswered += 1

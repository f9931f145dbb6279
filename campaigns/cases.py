"""The cases of the failpoint campaign: which failpoints there are, who passes them, and what happens to one of them."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from random import Random
from typing import TypeVar

import stoflow
from campaigns.person import ACCOUNT, AGAIN, CANCEL, DOUBTED, LIFE, MEND, PUBLISH, WITHDRAW
from rules.failpoints import names_in
from stoflow_sandbox.faults import FaultKind

PACKAGE = Path(stoflow.__file__).parent
MARKETPLACES = ("vinted", "ebay", "etsy")
BY_PLUGIN = "vinted"
Value = TypeVar("Value")
CREATION: Mapping[str, str] = {
    "vinted": "draft.create",
    "ebay": "offer.create",
    "etsy": "listing.create_draft",
}
# A call that only an update makes.
REVISION: Mapping[str, str] = {
    "vinted": "item.update",
    "ebay": "offer.update",
    "etsy": "listing.update",
}


class Blow(StrEnum):
    """What happens to the process at the failpoint."""

    KILL = "kill"  # -9
    RAISE = "raise"  # an exception nobody foresaw
    PAUSE = "pause"  # past its lease, and then it goes on


@dataclass(frozen=True, slots=True)
class Case:
    """One failpoint, one blow, one marketplace. `passing` says at which passing; `fault` meets one call, the creating
    one, or in the life of a listing its update."""

    failpoint: str
    blow: Blow
    marketplace: str
    story: str
    passing: int = 1
    fault: FaultKind | None = None

    @property
    def name(self) -> str:
        fault = f", {self.faulty} {self.fault}" if self.fault else ""
        return f"{self.marketplace} {self.failpoint} {self.blow} (passing {self.passing}, {self.story}{fault})"

    @property
    def faulty(self) -> str:
        """The operation that the fault meets."""
        return faulty(self.marketplace, self.story)


FAULTS = (None, FaultKind.LOST, FaultKind.LATE, FaultKind.BROKEN_BEFORE, FaultKind.BROKEN_AFTER)
# What a failpoint needs in order to be passed, by its first words; anything else is passed by every publish.
STORY_OF: Mapping[str, str] = {
    "cancel.": CANCEL,
    "refuse.": MEND,
    "retry.": MEND,
    "propagate.": ACCOUNT,
    "stock.": ACCOUNT,
    "sweep.": DOUBTED,  # hardly any tenant has anything to be swept
}
STORY_BY_PLUGIN: Mapping[str, str] = {"collect.": WITHDRAW, **STORY_OF}
FAULT_OF: Mapping[str, FaultKind | None] = {
    "answer.next.": FaultKind.LOST,  # a draft that is there takes two commands to be found
    "collect.": FaultKind.BROKEN_BEFORE,  # an attempt that nobody can know did nothing leaves an orphan
    "look.": FaultKind.BROKEN_BEFORE,
    "lease.beat.": FaultKind.LOST,  # so that the job lasts until the lease is renewed
    "stock.": None,  # the creating call was long before
    "unfold.": FaultKind.LOST,  # a job that goes well stays one row
}
QUIET: Sequence[tuple[str, FaultKind | None]] = (
    (PUBLISH, FaultKind.BROKEN_BEFORE),
    (PUBLISH, FaultKind.LOST),
    (CANCEL, None),
    (MEND, None),
    (LIFE, None),
    (ACCOUNT, None),
    (DOUBTED, None),
)
QUIET_BY_PLUGIN: Sequence[tuple[str, FaultKind | None]] = (*QUIET, (AGAIN, None), (WITHDRAW, None))

# Where a marketplace passes no such failpoint, by prefix, with the reason.
NOT_PASSED: Mapping[str, Mapping[str, str]] = {
    "vinted": {
        "call.": "the plugin calls Vinted, StoFlow does not",
        "unfold.": "what a plugin acts for is kept in rows from the beginning",
    },
    "ebay": {
        "answer.": "no plugin",
        "plugin.": "no plugin",
        "collect.": "its drafts have a natural key: there are no orphans",
    },
    "etsy": {
        "answer.": "no plugin",
        "plugin.": "no plugin",
    },
}
# Of these a later passing is another place in a job's life; how often the others are passed depends on time.
OFTEN = ("call.", "claim.", "inner.", "plugin.sent.", "settle.")
MOST_PASSINGS = 2
LOOK = "look."  # passed only where an answer was lost
# These are struck once more, at any time in the life of a listing: published, updated and deleted.
IN_LIFE = (*OFTEN, LOOK)
# Passed only while PostgreSQL is away or an api was killed, which is the chaos campaign's to see to, beside another
# release: the rolling campaign's, where a seller granted less than was asked for, where a marketplace pushes, as none
# of the three does, or where what ended long ago is forgotten or counted, a tenant leaves, a model writes a text, or an
# old program a job.
PASSED_ELSEWHERE = (
    "bulk.",
    "by_hand.",
    "calls.",
    "deletion.",
    "describe.",
    "events.",
    "grant.",
    "hand_back.",
    "notice.",
    "plan.",
    "plugins.gone.",
    "retention.",
    "rounds.",
    "statistics.",
    "stock.later.",
    "unheard.",
    "webhooks.",
)


@cache
def failpoints() -> tuple[str, ...]:
    """Return the name of every failpoint of the product, found from its syntax trees."""
    found = {
        name
        for path in PACKAGE.rglob("*.py")
        if path.parent.name != "monitoring"
        for name in names_in(ast.parse(path.read_text(encoding="utf-8")))
    }
    return tuple(sorted(name for name in found if not name.startswith(PASSED_ELSEWHERE)))


def expected(marketplace: str) -> tuple[str, ...]:
    """Return the failpoints that a job on this marketplace is to pass."""
    return tuple(name for name in failpoints() if not name.startswith(tuple(NOT_PASSED[marketplace])))


def quiet_runs(marketplace: str) -> Sequence[tuple[str, FaultKind | None]]:
    """Return the stories, and the fault that meets the creating call, that pass every failpoint between them."""
    return QUIET_BY_PLUGIN if marketplace == BY_PLUGIN else QUIET


def cases(marketplace: str, passed: Mapping[str, Mapping[str, int]], seed: int) -> Sequence[Case]:
    """Return every blow at every failpoint; `passed` says by story how often a quiet run passed each."""
    random = Random(f"{seed}:{marketplace}")
    made: list[Case] = []
    for failpoint in expected(marketplace):
        story = _of(failpoint, STORY_BY_PLUGIN if marketplace == BY_PLUGIN else STORY_OF, PUBLISH)
        often = min(MOST_PASSINGS, passed[story].get(failpoint, 1)) if failpoint.startswith(OFTEN) else 1
        for blow in Blow:
            fault = None if story == WITHDRAW else _of(failpoint, FAULT_OF, random.choice(FAULTS))
            made.append(Case(failpoint, blow, marketplace, story, random.randint(1, often), fault))
            looks = failpoint.startswith(LOOK)
            if is_struck_in_life(failpoint, blow) and (looks or failpoint in passed[LIFE]):
                in_life = FaultKind.LOST if looks else random.choice(FAULTS)
                passings = passed[LIFE][failpoint] if failpoint.startswith(OFTEN) else 1
                made.append(Case(failpoint, blow, marketplace, LIFE, random.randint(1, passings), in_life))
    random.shuffle(made)
    return made


def one_blow_each(made: Sequence[Case]) -> Sequence[Case]:
    """Return the first of the cases, which are shuffled, at each failpoint."""
    first: dict[str, Case] = {}
    for case in made:
        first.setdefault(case.failpoint, case)
    return list(first.values())


def is_struck_in_life(failpoint: str, blow: Blow) -> bool:
    """Whether there is a second case, in the life of a listing.

    Not where a step itself is told to break: its job fails then, whatever buyers have seen of it.
    """
    return failpoint.startswith(IN_LIFE) and not (failpoint.startswith("inner.") and blow is Blow.RAISE)


def faulty(marketplace: str, story: str) -> str:
    """Return the operation that a case's fault meets."""
    return (REVISION if story == LIFE else CREATION)[marketplace]


def _of(failpoint: str, table: Mapping[str, Value], otherwise: Value) -> Value:
    return next((value for words, value in table.items() if failpoint.startswith(words)), otherwise)

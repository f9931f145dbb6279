"""The cases of the failpoint campaign: which failpoints there are, who passes them, and what happens to one of them."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random

import stoflow
from campaigns.person import CANCEL, MEND, PUBLISH
from rules.failpoints import names_in
from stoflow.sandbox.faults import FaultKind

PACKAGE = Path(stoflow.__file__).parent
MARKETPLACES = ("vinted", "ebay", "etsy")
CREATION: Mapping[str, str] = {
    "vinted": "draft.create",
    "ebay": "offer.create",
    "etsy": "listing.create_draft",
}


class Blow(StrEnum):
    """What happens to the process at the failpoint."""

    KILL = "kill"  # -9
    RAISE = "raise"  # an exception nobody foresaw
    PAUSE = "pause"  # past its lease, and then it goes on


@dataclass(frozen=True, slots=True)
class Case:
    """One failpoint, one blow, one marketplace. `passing` says at which passing; `fault` meets the creating call."""

    failpoint: str
    blow: Blow
    marketplace: str
    story: str
    passing: int = 1
    fault: FaultKind | None = None

    @property
    def name(self) -> str:
        fault = f", creation {self.fault}" if self.fault else ""
        return f"{self.marketplace} {self.failpoint} {self.blow} (passing {self.passing}, {self.story}{fault})"


# An attempt that certainly did nothing, though nobody can know: two looks, a second attempt, a stray to be looked for.
LOOKED_FOR = FaultKind.BROKEN_BEFORE
FAULTS = (None, FaultKind.LOST, FaultKind.LATE, FaultKind.BROKEN_BEFORE, FaultKind.BROKEN_AFTER)
STORY_OF: Mapping[str, str] = {"cancel": CANCEL, "refuse": MEND, "retry": MEND}  # by the first word of a failpoint

# Where a marketplace passes no such failpoint, by prefix, with the reason.
NOT_PASSED: Mapping[str, Mapping[str, str]] = {
    "vinted": {
        "call.": "the plugin calls Vinted, StoFlow does not",
        "collect.claim.": "a stray is asked for in the transaction that claims it",
    },
    "ebay": {
        "answer.": "no plugin",
        "plugin.": "no plugin",
        "collect.": "its drafts have a natural key: there are no strays",
    },
    "etsy": {
        "answer.": "no plugin",
        "plugin.": "no plugin",
        "collect.ask.": "no plugin",
        "collect.next.": "no plugin",
    },
}
# Passed only while PostgreSQL is away, which is the chaos campaign's to see to.
WITHOUT_POSTGRESQL = ("unheard.",)


def failpoints() -> tuple[str, ...]:
    """Return the name of every failpoint of the product, found from its syntax trees."""
    found = {
        name
        for path in PACKAGE.rglob("*.py")
        if path.parent.name != "monitoring"
        for name in names_in(ast.parse(path.read_text(encoding="utf-8")))
    }
    return tuple(sorted(name for name in found if not name.startswith(WITHOUT_POSTGRESQL)))


def expected(marketplace: str) -> tuple[str, ...]:
    """Return the failpoints that a job on this marketplace is to pass."""
    return tuple(name for name in failpoints() if not name.startswith(tuple(NOT_PASSED[marketplace])))


def story_of(failpoint: str) -> str:
    return STORY_OF.get(failpoint.partition(".")[0], PUBLISH)


def cases(marketplace: str, passed: Mapping[str, Mapping[str, int]], seed: int) -> Sequence[Case]:
    """Return every blow at every failpoint; `passed` says by story how often a quiet run passed each."""
    random = Random(f"{seed}:{marketplace}")
    made: list[Case] = []
    for failpoint in expected(marketplace):
        story = story_of(failpoint)
        often = min(3, passed[story].get(failpoint, 1))
        must_look = failpoint.startswith(("look.", "collect.", "answer.stray"))
        for blow in Blow:
            fault = LOOKED_FOR if must_look else random.choice(FAULTS)
            passing = 1 if must_look else random.randint(1, often)
            made.append(Case(failpoint, blow, marketplace, story, passing, fault))
    random.shuffle(made)
    return made

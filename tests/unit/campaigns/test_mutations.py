"""The mutants still break what they say: each changes something of the product, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from campaigns.mutants import planned
from campaigns.mutations import MUTANTS
from campaigns.plan import Blow

CHECKOUT = Path(__file__).parents[3]
PROOFS = {
    "a": """
from stoflow.marketplaces.etsy.marketplace import ETSY
print({step.kind.value for step in ETSY.handlers["publish"].steps} == {"inner", "repeatable"})
print(ETSY.handlers["publish"].step("create").do(None).output["listing_id"] == "0")
from stoflow_sandbox.vinted.commands import COMMANDS
print("vinted.item.create" in COMMANDS)
from stoflow.domain.account import Account
from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import Done
from stoflow.marketplaces.vinted.marketplace import VINTED
nothing_recorded = Attempt(1, 1, "choose", None, Account("", ""))
for place in (ETSY, VINTED):
    print(isinstance(place.handlers["publish"].step("choose").do(nothing_recorded), Done))
""",
    "b": """
from stoflow.storage.engine import settle, settle_folded
for form in (settle, settle_folded):
    print("coalesce(nullif(l.external_id" not in form.SETTLE_LISTED)
from stoflow.marketplaces.vinted.marketplace import VINTED
print(VINTED.handlers["publish"].step("choose").do.__module__ == "campaigns.mutations")
""",
    "c": """
from stoflow.marketplaces.vinted.marketplace import VINTED
print({step.kind.value for step in VINTED.handlers["publish"].steps} == {"inner", "repeatable"})
""",
    "d": """
from stoflow.storage.engine import settle as settling
from stoflow.storage.engine import verify as verifying
texts = (settling.SETTLE_DONE, settling.SETTLE_BACK, settling.SETTLE_FAILED, verifying.SETTLE_VERIFYING)
for text in texts:
    said = text.replace(", %(detail)s", "").replace(f", {settling.WARNED}", "")
    print("claims = %(claims)s" not in text and "%(claims)s FROM task" in said)
from stoflow.storage.engine import folded, settle_folded
for text in (folded.CLAIM, folded.CLAIM_PACED, folded.CLOSE, settle_folded.SETTLE, settle_folded.SETTLE_LISTED):
    print("%(fence)s" not in text)
""",
    "e": """
from stoflow.actors.sweeper import Sweeper
sweeper = Sweeper(None, every_s=1.0, on_swept=print, rests=bool)
print(sweeper._ticking._turn() is False)
print(Sweeper._turn.__module__ == "campaigns.mutations")
""",
    "f": """
from stoflow.storage.engine.sweep import SWEEP_TASKS
print("WHEN lost.look_at IS NOT NULL THEN 'failed'" in SWEEP_TASKS)
""",
}


@pytest.mark.parametrize("letter", sorted(MUTANTS))
def test_a_mutant_breaks_what_it_says(letter: str) -> None:
    program = f"from campaigns.mutations import MUTANTS\nMUTANTS[{letter!r}].break_it()\n{PROOFS[letter]}"

    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=CHECKOUT
    ).stdout.split()

    assert said
    assert set(said) == {"True"}


@pytest.mark.parametrize(
    ("letter", "found", "missed"),
    [
        ("a", {"doubled": 10}, {"doubled": 9}),
        ("b", {"doubled": 1}, {"doubled": 0}),
        ("c", {"excess_creates": 1}, {"excess_creates": 0}),
        ("d", {"stale_writes": 1}, {"stale_writes": 0}),
        ("e", {"lost": 1}, {"lost": 0}),
        ("f", {"unexpected": 1}, {"unexpected": 0}),
    ],
)
def test_a_mutant_is_caught_from_its_threshold_on(letter: str, found: dict[str, int], missed: dict[str, int]) -> None:
    assert MUTANTS[letter].is_caught(found, 100)
    assert not MUTANTS[letter].is_caught(missed, 100)


def test_the_mutant_without_fences_is_paused_five_times() -> None:
    assert planned("d", jobs=100, seed=1).blows.count(Blow.PAUSE_WORKER) == 5


@pytest.mark.parametrize("letter", sorted(MUTANTS))
def test_nobody_buys_or_ends_what_a_mutant_doubles(letter: str) -> None:
    assert (planned(letter, jobs=100, seed=1).acts, planned(letter, jobs=100, seed=1).mutant) == (0, letter)

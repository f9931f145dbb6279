"""`python -m campaigns.mutants`: proves that the judge notices: six broken promises, six short campaigns."""

import argparse
import json
import sys
import time
from collections.abc import Sequence

from campaigns.chaos import LARGEST_SEED, campaign, end_on_sigterm
from campaigns.mutations import MUTANTS, mutated
from campaigns.plan import MARKETPLACES, Plan, short
from campaigns.report import Report


def main() -> int:
    """Return 0 where every mutant was caught."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(prog="python -m campaigns.mutants", description=__doc__)
    parser.add_argument("--seed", type=int, help="the same for all; printed when not given")
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else int(time.time() * 1000) % LARGEST_SEED
    caught: dict[str, bool] = {}
    documents: dict[str, object] = {}
    for letter, mutant in MUTANTS.items():
        report = campaign(planned(letter, jobs=arguments.jobs, seed=seed))
        caught[letter] = is_caught(letter, report)
        documents[letter] = {**report.document(), "caught": caught[letter]}
        if not arguments.json:
            found = ", ".join(f"{name} {count}" for name, count in report.counters.items() if count) or "nothing"
            verdict = "caught" if caught[letter] else "MISSED"
            aim = "".join(f"; nothing was published on {place}" for place in unreached(report))
            print(
                f"({letter}) {mutant.name:<52} {mutant.demanded:<30} {verdict}: {found} of {report.jobs['total']} jobs"
                f"{aim}"
            )
    if arguments.json:
        print(json.dumps({"seed": seed, "mutants": documents}, indent=2))
    return 0 if all(caught.values()) else 1


def is_caught(letter: str, report: Report) -> bool:
    """Say whether the judge found what is demanded, of a mutant that did its work everywhere."""
    found = MUTANTS[letter].is_caught(report.counters, report.jobs["total"])
    return found and not report.is_green and not unreached(report)


def unreached(report: Report) -> Sequence[str]:
    """Return the marketplaces where no publish completed: a mutant that fails there before it does harm has lost its
    aim, and its figures are those of the others alone."""
    return [place for place in MARKETPLACES if not report.published.get(place)]


def planned(letter: str, *, jobs: int, seed: int) -> Plan:
    """Return the short campaign in which a mutant has to be caught."""
    return mutated(short(jobs=jobs, seed=seed), letter)


if __name__ == "__main__":
    sys.exit(main())

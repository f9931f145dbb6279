"""`python -m campaigns.soak`: an hour of everything at an even rate, in which no process may go on growing.

`--minutes` makes it shorter, `--short` so short that only a leak of several megabytes shows.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from campaigns import evidence, load
from campaigns.chaos import LARGEST_SEED, end_on_sigterm, paces
from campaigns.day import UNHURRIED, come_to_rest, disagreements, was_made_before
from campaigns.life import Life
from campaigns.load import Clients, History
from campaigns.market import Market
from campaigns.memory import Growth, Watch, growths
from campaigns.plan import MARKETPLACES, Plan
from campaigns.world import World, world
from stoflow.settings import variable_of
from stoflow_sandbox.judge import judge
from stoflow_sandbox.ledger import read_ledger

MINUTES, SHORT_MINUTES = 60.0, 3.0
SELLERS = 6
SPEED = 60.0
PRODUCTS_A_MINUTE = 40  # each is published on three marketplaces
ACTS_A_MINUTE = 60
WARM_SHARE = 1 / 3
MIB_A_MINUTE = 0.1
SHORT_MIB_A_MINUTE = 5.0  # what is allocated once and kept shows for longer than a short run lasts
WATCHED = ("api", "orchestrator", "worker")


@dataclass(frozen=True, slots=True)
class Report:
    """`counters` are the judge's, and how often the sides disagree at the end."""

    seed: int
    minutes: float
    jobs: int
    acts: Mapping[str, int]
    counters: Mapping[str, int]
    growths: Sequence[Growth]
    at_most_mib_per_min: float
    final_after_s: float | None
    details: Sequence[str]

    @property
    def failures(self) -> list[str]:
        grown = [each.name for each in self.growths if each.mib_per_min > self.at_most_mib_per_min]
        missing = [name for name in WATCHED if not any(each.name.startswith(name) for each in self.growths)]
        return [
            *(f"{name} is {count}" for name, count in self.counters.items() if count),
            *(f"{name} goes on growing" for name in grown),
            *(f"no {name} lived from the warm-up to the end" for name in missing),
            *(["not every job came to its end"] if self.final_after_s is None else []),
        ]


def main() -> int:
    """Return 0 where nothing grew and every counter is 0, 1 otherwise."""
    end_on_sigterm()
    arguments = _parser().parse_args()
    seed = arguments.seed if arguments.seed is not None else int(time.time() * 1000) % LARGEST_SEED
    minutes = arguments.minutes or (SHORT_MINUTES if arguments.short else MINUTES)
    report = soak(minutes, seed, SHORT_MIB_A_MINUTE if arguments.short else MIB_A_MINUTE)
    document = {**asdict(report), "failures": report.failures}
    print(json.dumps(document, indent=2) if arguments.json else worded(report))
    return 1 if report.failures else 0


def soak(minutes: float, seed: int, at_most_mib_per_min: float) -> Report:
    """Let sellers and buyers live for so long; the folder is kept where something was not as it should be."""
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    print(f"Seed {seed}; logs are in {folder}.", file=sys.stderr, flush=True)
    plan = _plan(minutes, seed)
    with world(plan, folder) as made:
        clients = Clients(made.http, made.api_url, made.sellers, History(folder / "history.ndjson"))
        asked = load.wishes(made.products, MARKETPLACES, plan.jobs)
        life = Life(made, clients, Market(made.ledger), Random(seed), load.unasked(made.products, asked, "vinted"))
        watch = Watch(made.crew, WATCHED).start()
        begun_s = time.monotonic()
        _live(clients, life, asked, plan, minutes * 60)
        grown = growths(watch.end(), warm_at_s=begun_s + minutes * 60 * WARM_SHARE, end_s=time.monotonic())
        report = _reported(made, life, grown, come_to_rest(made, life), minutes, at_most_mib_per_min)
    if not report.failures:
        shutil.rmtree(folder, ignore_errors=True)
    return report


def _plan(minutes: float, seed: int) -> Plan:
    return Plan(
        jobs=round(PRODUCTS_A_MINUTE * minutes) * len(MARKETPLACES),
        seed=seed,
        tenants=SELLERS,
        faults=0.01,
        lose=0.0,
        speed=SPEED,
        token_speed=SPEED,
        acts=round(ACTS_A_MINUTE * minutes),
        variables={variable_of(name): str(value) for name, value in UNHURRIED.items()},
    )


def _live(clients: Clients, life: Life, asked: Sequence[load.Wish], plan: Plan, seconds: float) -> None:
    with ThreadPoolExecutor(2) as beside:
        publishing = beside.submit(clients.submit_all, asked, over_s=seconds, random=Random(plan.seed))
        living = beside.submit(life.live, acts=plan.acts, over_s=seconds)
        publishing.result()
        living.result()


def _reported(
    made: World, life: Life, grown: Sequence[Growth], final_after_s: float | None, minutes: float, at_most: float
) -> Report:
    at_rest = time.time()
    found = evidence.collected(made, final_after_s)
    jobs = [outcome.for_judge() for outcome in found.outcomes if was_made_before(outcome, at_rest)]
    verdict = judge(read_ledger(made.ledger), jobs, paces(made.plan))
    differing = list(disagreements(made, life.market))
    return Report(
        seed=made.plan.seed,
        minutes=minutes,
        jobs=len(jobs),
        acts=dict(life.acts),
        counters={**verdict.counters, "disagreements": len(differing)},
        growths=grown,
        at_most_mib_per_min=at_most,
        final_after_s=final_after_s,
        details=[*verdict.details, *differing][:50],
    )


def worded(report: Report) -> str:
    """Return the report as a person reads it."""
    lines = [
        f"{report.jobs:,} jobs in {report.minutes:g} minutes; a process may grow {report.at_most_mib_per_min} MiB/min"
    ]
    lines += [
        f"  {each.name:<26} {each.began_mib:6.1f} → {each.ended_mib:6.1f} MiB  {each.mib_per_min:+.3f} MiB/min"
        for each in report.growths
    ]
    lines.append(", ".join(f"{name} {count}" for name, count in report.counters.items()))
    return "\n".join([*lines, *report.details, "RED: " + "; ".join(report.failures) if report.failures else "GREEN"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m campaigns.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, help=f"{MINUTES:g} by default")
    parser.add_argument("--short", action="store_true", help=f"{SHORT_MINUTES:g} minutes: only a gross leak shows")
    parser.add_argument("--seed", type=int, help="decides what happens when; printed when not given")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser


if __name__ == "__main__":
    sys.exit(main())

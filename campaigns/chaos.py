"""`python -m campaigns.chaos`: kill, pause and wipe everything while jobs run, then let the judge count."""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random
from types import FrameType
from typing import NoReturn

from campaigns import evidence, load, mutations, stories
from campaigns.evidence import Evidence
from campaigns.life import Life
from campaigns.load import Clients, History
from campaigns.market import Market
from campaigns.nemesis import Nemesis
from campaigns.plan import Plan, full, release, short
from campaigns.report import Findings, Report, reported, worded
from campaigns.world import MARKETPLACES, World, world
from stoflow.cli.simulate.demo_summary import COUNTERS, JobOutcome
from stoflow.marketplaces.registry import build_registry
from stoflow.upkeep.propagate import HIGH as PROPAGATED_PRIORITY
from stoflow_sandbox.judge import Paces, judge
from stoflow_sandbox.ledger import read_ledger

LATE_COMMITS_S = 3.0
LARGEST_SEED = 2**31


def main() -> int:
    """Return 0 where everything demanded held, 1 otherwise."""
    end_on_sigterm()
    arguments = _parser().parse_args()
    seed = arguments.seed if arguments.seed is not None else int(time.time() * 1000) % LARGEST_SEED
    given = {"jobs": arguments.jobs} if arguments.jobs else {}
    size = short if arguments.short else release if arguments.release else full
    plan = size(seed=seed, **given)
    plan = replace(plan, **{name: value for name in ("speed", "faults") if (value := getattr(arguments, name))})
    if arguments.mutant:
        plan = mutations.mutated(plan, arguments.mutant)
    report = campaign(plan)
    print(json.dumps(report.document(), indent=2) if arguments.json else worded(report))
    return 0 if report.is_green else 1


def end_on_sigterm() -> None:
    """Let SIGTERM end a campaign like Ctrl-C does: who stands still is woken and ended with the rest."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def campaign(plan: Plan) -> Report:
    """Run one campaign; its folder with ledger, history and logs is kept where it was not green."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    print(f"Seed {plan.seed}; logs are in {folder}.", file=sys.stderr, flush=True)
    begun_s = time.monotonic()
    with world(plan, folder) as made:
        history = History(folder / "history.ndjson")
        nemesis = _attacked(made, history)
        last_fault = time.monotonic()
        _say(f"The last fault was {time.monotonic() - begun_s:.0f} s after the start; now everything has to end.")
        final_after_s = evidence.wait_until_final(made, since=last_fault, within_s=plan.final_within_s)
        time.sleep(LATE_COMMITS_S / plan.speed)
        found = evidence.collected(made, final_after_s)
        findings = judged(made, history, found, nemesis, lasted_s=time.monotonic() - begun_s)
    report = reported(plan, found, findings)
    evidence.kept(found, folder / "jobs.json")
    (folder / "report.json").write_text(json.dumps(report.document(), indent=2), "utf-8")
    if report.is_green:
        shutil.rmtree(folder, ignore_errors=True)
    return report


def _attacked(made: World, history: History) -> Nemesis:
    """Submit the jobs while the nemesis strikes; the faults go on until most of the work is done."""
    random = Random(made.plan.seed)
    clients = Clients(made.http, made.api_url, made.sellers, history)
    asked = load.wishes(made.products, MARKETPLACES, made.plan.jobs)
    nemesis = Nemesis(made, Random(random.random()))
    by_hand = load.unasked(made.products, asked, "vinted")
    life = Life(made, clients, Market(made.ledger), Random(random.random()), by_hand)
    with ThreadPoolExecutor(2) as beside:
        submitting = beside.submit(clients.submit_all, asked, over_s=made.plan.lasts_s, random=random)
        living = beside.submit(life.live, acts=made.plan.acts, over_s=made.plan.lasts_s)
        try:
            nemesis.strike_all()
            submitting.result()
            living.result()
            evidence.wait_until_mostly_final(made)
            nemesis.calm()
        finally:
            life.stop()
            clients.stop()
    return nemesis


def judged(made: World, history: History, found: Evidence, nemesis: Nemesis, *, lasted_s: float) -> Findings:
    verdict = judge(read_ledger(made.ledger), [outcome.for_judge() for outcome in found.outcomes], paces(made.plan))
    known: dict[int, set[int]] = {tenant: set() for tenant in made.sellers}
    for outcome in found.outcomes:
        known[outcome.tenant].add(outcome.job["id"])
    broken = load.broken_promises(history.told, known, own=asked_of_itself(found.outcomes))
    stale = stories.stale_writes(found.outcomes)
    counters = {name: verdict.counters[name] + len(broken.get(name, ())) for name in COUNTERS}
    return Findings(
        counters={**counters, "stale_writes": len(stale)},
        details=[*verdict.details, *_named(broken), *(f"stale_writes: {sentence}" for sentence in stale)],
        history=history.counts(),
        strikes=nemesis.strikes,
        stories=stories.sometimes(found.outcomes),
        recoveries=[
            *stories.recoveries(found.outcomes, nemesis.strikes),
            *stories.takeovers(nemesis.strikes, found.taken_at),
        ],
        lasted_s=lasted_s,
    )


def asked_of_itself(outcomes: Sequence[JobOutcome]) -> Mapping[int, set[int]]:
    """Return the jobs, by tenant, by which StoFlow carries what was sold to the other marketplaces."""
    own: dict[int, set[int]] = {}
    for outcome in outcomes:
        if outcome.job["priority"] == PROPAGATED_PRIORITY and outcome.job["action"] in {"delete", "update"}:
            own.setdefault(outcome.tenant, set()).add(outcome.job["id"])
    return own


def _named(broken: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{counter}: {sentence}" for counter, sentences in broken.items() for sentence in sentences]


def paces(plan: Plan) -> Paces:
    """Return every pace in force, in milliseconds."""
    return {
        place.name: {spec.code: spec.rate_limit_ms / plan.speed for spec in place.actions}
        for place in build_registry().marketplaces.values()
    }


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m campaigns.chaos", description=__doc__)
    parser.add_argument("--jobs", type=int, help="300, 100 with --short, 5,000 with --release")
    parser.add_argument("--seed", type=int, help="decides order and targets of the blows; printed when not given")
    parser.add_argument("--short", action="store_true", help="100 jobs and 20 kills, in three minutes")
    parser.add_argument("--release", action="store_true", help="5,000 jobs and 1,000 kills, in about an hour")
    parser.add_argument("--speed", type=float, help="divides pace, quiet times and the sandbox's delays; 4")
    parser.add_argument("--faults", type=float, help="share of the sandbox's calls that go wrong; 0.3")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--mutant", choices=sorted(mutations.MUTANTS), help="break one promise on purpose")
    return parser


if __name__ == "__main__":
    sys.exit(main())

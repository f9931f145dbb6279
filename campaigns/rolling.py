"""`python -m campaigns.rolling`: one release takes another's place and goes back, process by process, under load.

The newer one is this one with a task and an action more; with `--older COMMIT` it is this one, and the older one real.
"""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from campaigns import evidence, load
from campaigns.chaos import LARGEST_SEED, LATE_COMMITS_S, end_on_sigterm, judged
from campaigns.crew import Member, signal_process
from campaigns.load import Clients, History, Wish
from campaigns.nemesis import REBORN_WITHIN_S, Nemesis
from campaigns.newer import NEWER, SURVEY
from campaigns.older import FOLDER_VARIABLE, check_out
from campaigns.older import OLDER as OLDER_OF_COMMIT
from campaigns.plan import Blow, Plan
from campaigns.releases import BY_OLDER, MIXED, UNDER_OLDER, Releases
from campaigns.report import Report, reported, worded
from campaigns.world import MARKETPLACES, PRODUCT, World, wait_until, world
from stoflow.domain.errors import StoflowError
from stoflow.domain.job import UNFINISHED_JOB_STATUSES
from stoflow.transports.api_client import is_ready

OLDER = PRODUCT
HANDED_BACK, WAITED = "handed back", "waited for newer workers"
ONLY_OLDER = "only older workers are running"
POLL_S = 0.5
SHARE_THAT_HITS = 0.7  # of the blows, at least: some find nobody that works since a while
STAGE_S = 6.0  # or longer
KILLS = (Blow.KILL_WORKER, Blow.KILL_WORKER_HOST, Blow.KILL_ORCHESTRATOR, Blow.KILL_SUPERVISOR)

# Who changes to which release, one after the other: the way there, back, and there again. The newer api comes before
# any newer worker, so that its jobs have to wait.
STAGES: Sequence[tuple[str, str]] = (
    ("api", NEWER),
    ("worker-2", NEWER),
    ("orchestrator-2", NEWER),
    ("worker", NEWER),
    ("orchestrator", NEWER),
    ("worker", OLDER),
    ("orchestrator-2", OLDER),
    ("api", OLDER),
    ("worker-2", OLDER),
    ("orchestrator", OLDER),
    ("worker", NEWER),
    ("worker-2", NEWER),
    ("orchestrator", NEWER),
    ("orchestrator-2", NEWER),
    ("api", NEWER),
)
SHORT_STAGES = (
    *STAGES[:5],  # both orchestrators among them: one has the tenants, whichever it is
    ("worker-2", OLDER),
    ("api", OLDER),
    ("worker", OLDER),
    ("worker", NEWER),
    ("worker-2", NEWER),
)


@dataclass(frozen=True, slots=True)
class Roll:
    """A plan, who changes in it to which release, and how many blows follow each change.

    `commit` is what the older release is made of, "" where it is this one.
    """

    plan: Plan
    stages: Sequence[tuple[str, str]]
    blows: int
    commit: str = ""

    def module(self, release: str) -> str:
        """Return what runs the commands of this release."""
        return {OLDER: OLDER_OF_COMMIT, NEWER: PRODUCT}[release] if self.commit else release

    def after(self, commit: str) -> "Roll":
        """Return the same with a real older release, whose processes have to do whole jobs, alone and beside others."""
        return replace(self, commit=commit, plan=replace(self.plan, expected=(BY_OLDER, UNDER_OLDER, MIXED)))


def full(*, jobs: int = 190, seed: int) -> Roll:
    """Return the campaign of `make rolling`: for more jobs the demo's catalogue has too few products."""
    plan = Plan(
        jobs,
        seed,
        kills=round(len(STAGES) * 2 * SHARE_THAT_HITS),
        others={},
        blows_every_s=4.0,
        final_within_s=180.0,
        least_unknown=10,
        least_lost_by_plugins=5,
        is_short=True,  # what only kills of everything show is shown by chaos
        expected=(HANDED_BACK, WAITED, "resumed", "sweeper acted", "tenant taken over"),
    )
    return Roll(plan, STAGES, blows=2)


def short(*, jobs: int = 60, seed: int) -> Roll:
    """Return the campaign of continuous integration."""
    plan = replace(
        full(jobs=jobs, seed=seed).plan,
        kills=round(len(SHORT_STAGES) * SHARE_THAT_HITS),
        tenants=3,
        blows_every_s=1.5,
        least_unknown=1,
        least_lost_by_plugins=0,
        expected=(HANDED_BACK, WAITED, "tenant taken over"),
    )
    return Roll(plan, SHORT_STAGES, blows=1)


def main() -> int:
    """Return 0 where everything demanded held, 1 otherwise."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(prog="python -m campaigns.rolling", description=__doc__)
    parser.add_argument("--jobs", type=int, help="190, or 60 with --short")
    parser.add_argument("--seed", type=int, help="decides who is killed when; printed when not given")
    parser.add_argument("--short", action="store_true", help="60 jobs, in two minutes")
    parser.add_argument("--older", metavar="COMMIT", help="what the older release is made of; this one")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else int(time.time() * 1000) % LARGEST_SEED
    given = {"jobs": arguments.jobs} if arguments.jobs else {}
    roll = (short if arguments.short else full)(seed=seed, **given)
    report = campaign(roll.after(arguments.older) if arguments.older else roll)
    print(json.dumps(report.document(), indent=2) if arguments.json else worded(report))
    return 0 if report.is_green else 1


def campaign(roll: Roll) -> Report:
    """Run one campaign; its folder is kept where it was not green."""
    folder = Path(tempfile.mkdtemp(prefix="rolling-"))
    plan = replace(roll.plan, variables={FOLDER_VARIABLE: str(folder / "older")})
    if roll.commit:
        check_out(roll.commit, folder / "older")
    print(f"Seed {plan.seed}; logs are in {folder}.", file=sys.stderr, flush=True)
    begun_s = time.monotonic()
    with world(plan, folder) as made:
        history = History(folder / "history.ndjson")
        for name, arguments in (("orchestrator-2", ()), ("worker-2", ("--processes", "2"))):
            made.crew.start(name, name.partition("-")[0], *arguments, **made.variables)
        releases = Releases()
        with _watched(made) as watch:
            nemesis = _rolled(made, roll, history, releases)
            last_fault = time.monotonic()
            final_after_s = evidence.wait_until_final(made, since=last_fault, within_s=plan.final_within_s)
        time.sleep(LATE_COMMITS_S / plan.speed)
        found = evidence.collected(made, final_after_s)
        findings = judged(made, history, found, nemesis, lasted_s=time.monotonic() - begun_s)
    told = {WAITED: len(watch.waited), **releases.stories(found.outcomes)}
    findings = replace(findings, stories={**findings.stories, **told})
    report = reported(plan, found, findings)
    evidence.kept(found, folder / "jobs.json")
    if report.is_green:
        shutil.rmtree(folder, ignore_errors=True)
    return report


def _rolled(made: World, roll: Roll, history: History, releases: Releases) -> Nemesis:
    """Submit the jobs while one process after the other changes its release and others are killed."""
    random = Random(made.plan.seed)
    clients = Clients(made.http, made.api_url, made.sellers, history)
    nemesis = Nemesis(made, Random(random.random()))
    asked = load.wishes(made.products, MARKETPLACES, made.plan.jobs)
    for name in sorted({name for name, _ in STAGES}):
        releases.note(name, is_older=True)
        if roll.commit:
            _change(made, made.crew[name], roll.module(OLDER))
    with ThreadPoolExecutor(1) as beside:
        submitting = beside.submit(clients.submit_all, asked, over_s=len(roll.stages) * STAGE_S, random=random)
        try:
            for number, (name, module) in enumerate(roll.stages):
                with releases.changing(name, to_older=module == OLDER):
                    _change(made, made.crew[name], roll.module(module))
                if name == "api" and roll.module(module) == NEWER:
                    _survey(made, clients, number)
                for _ in range(roll.blows):
                    nemesis.strike(random.choice(KILLS))
                    time.sleep(made.plan.blows_every_s)
            submitting.result()
            nemesis.calm()
        finally:
            clients.stop()
    return nemesis


def _change(made: World, member: Member, module: str) -> None:
    """Replace a process by one of another release; the next change waits for it."""
    before, member.module = member.pid, module
    signal_process(before, signal.SIGTERM)
    made.crew.wait_for_new(member, before, within_s=REBORN_WITHIN_S)
    if member.name == "api":
        wait_until(lambda: is_ready(made.http, made.api_url), "the api")


def _survey(made: World, clients: Clients, number: int) -> None:
    """Ask for what only the newer release knows."""
    for tenant, products in made.products.items():
        for place in MARKETPLACES:
            key = f"survey-{number}-{tenant}-{place}"
            clients.submit(Wish(tenant, place, key, action=SURVEY, product=products[0]))


@dataclass(slots=True)
class _Watch:
    """The jobs, with their tenants, that once waited for newer workers."""

    waited: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])


@contextmanager
def _watched(made: World) -> Iterator[_Watch]:
    """Look meanwhile, as a seller's page does, what jobs wait for."""
    watch, over = _Watch(), threading.Event()

    def look() -> None:
        while not over.wait(POLL_S):
            with suppress(StoflowError):  # the api is being replaced
                watch.waited |= set(_waiting(made))

    with ThreadPoolExecutor(1) as beside:
        looking = beside.submit(look)
        try:
            yield watch
        finally:
            over.set()
        looking.result()


def _waiting(made: World) -> Iterator[tuple[int, int]]:
    for tenant, client in made.clients.items():
        for status in UNFINISHED_JOB_STATUSES:
            for job in client.jobs(status=status):
                if str(job.get("waiting") or "").startswith(ONLY_OLDER):
                    yield tenant, int(job["id"])


if __name__ == "__main__":
    sys.exit(main())

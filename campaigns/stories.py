"""What timelines tell: stale writes, what was resumed, looked for and adopted, and how long recovery took."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.nemesis import Strike
from campaigns.plan import Blow
from stoflow.cli.simulate.demo_summary import ABSENCE_CAUSE, JobOutcome

Line = Mapping[str, Any]

CLAIMS = frozenset({"claimed", "looking"})
WORKER_DEATHS = frozenset(
    {
        Blow.KILL_WORKER,
        Blow.KILL_SUPERVISOR,
        Blow.KILL_WORKER_HOST,
        Blow.KILL_LOOK,
        Blow.PAUSE_WORKER,
    }
)
LONGEST_RECOVERY_S = 60.0  # a death longer ago is not the cause


@dataclass(frozen=True, slots=True)
class Recovery:
    """The seconds from a process's death to the next claim of what it held, a worker tasks, an orchestrator tenants."""

    blow: Blow
    seconds: float
    verifying: bool


def sometimes(outcomes: Sequence[JobOutcome]) -> Mapping[str, int]:
    """Count the rare paths that jobs went."""
    counts = Counter[str]()
    for outcome in outcomes:
        for lines in _by_task(outcome).values():
            counts.update(_paths(lines))
    names = ("resumed", "outcome unknown", "looked and adopted", "looked and created", "late answer while verifying")
    return {name: counts[name] for name in names}


def _paths(lines: Sequence[Line]) -> Iterator[str]:
    absent = swept = verifying = False
    for line in lines:
        cause = line["cause"]
        if cause in {"swept: interrupted", "swept: poison"}:
            swept = True
        elif cause in {"outcome unknown", "swept: verifying"}:
            yield "outcome unknown"
            verifying = True
        elif cause == ABSENCE_CAUSE:
            absent = True
        elif cause == "looked and adopted":
            yield cause
        elif cause == "claimed":
            if swept:
                yield "resumed"
            if absent:
                yield "looked and created"
            swept = absent = verifying = False
        elif cause == "done" and verifying:
            yield "late answer while verifying"


def stale_writes(outcomes: Sequence[JobOutcome]) -> list[str]:
    """Return a sentence for each write of an attempt after a later attempt had claimed its task."""
    return [
        f"attempt {line['attempt']} at {task} of job {outcome.job['id']} wrote “{line['cause']}” after a later claim."
        for outcome in outcomes
        for task, lines in _by_task(outcome).items()
        for line in _stale(lines)
    ]


def _stale(lines: Sequence[Line]) -> Iterator[Line]:
    newest = 0
    for line in lines:
        if line["cause"] in CLAIMS:
            newest = max(newest, line["attempt"])
        elif line["attempt"] < newest:
            yield line


def recoveries(outcomes: Sequence[JobOutcome], strikes: Sequence[Strike]) -> list[Recovery]:
    """Return how long each task that a worker's death interrupted waited for its next claim."""
    deaths = sorted((s for s in strikes if s.blow in WORKER_DEATHS), key=lambda strike: strike.at)
    return [
        recovery
        for outcome in outcomes
        for lines in _by_task(outcome).values()
        for recovery in _recovered(lines, deaths)
    ]


def _recovered(lines: Sequence[Line], deaths: Sequence[Strike]) -> Iterator[Recovery]:
    claimed_at = swept_at = 0.0
    death: Strike | None = None
    verifying = False
    for line in lines:
        at = datetime.fromisoformat(line["at"]).timestamp()
        if line["cause"] in CLAIMS:
            if death is not None:
                yield Recovery(death.blow, at - death.at, verifying)
            claimed_at, death = at, None
        elif line["cause"].startswith("swept") and line["cause"] != "swept: poison":
            swept_at = at
            between = [one for one in deaths if claimed_at <= one.at <= swept_at]
            death = between[-1] if between and swept_at - between[-1].at < LONGEST_RECOVERY_S else None
            verifying = line["cause"] in {"swept: verifying", "swept: look died"}


def takeovers(strikes: Sequence[Strike], taken_at: Sequence[float]) -> list[Recovery]:
    """Return how long tenants had no owner after each death of the orchestrator."""
    deaths = [strike for strike in strikes if strike.blow is Blow.KILL_ORCHESTRATOR]
    return [
        Recovery(death.blow, next_at - death.at, verifying=False)
        for death in deaths
        if (next_at := next((at for at in taken_at if at > death.at), None)) is not None
    ]


def _by_task(outcome: JobOutcome) -> Mapping[str, Sequence[Line]]:
    tasks: dict[str, list[Line]] = {}
    for line in outcome.timeline:
        if line["task"]:
            tasks.setdefault(line["task"], []).append(line)
    return tasks

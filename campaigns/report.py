"""What a campaign came to: the figures, what was demanded and not met, and how it is shown."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from campaigns.evidence import Evidence
from campaigns.nemesis import Strike
from campaigns.plan import KILLS, Plan
from campaigns.stories import Recovery
from stoflow.cli.simulate.demo_summary import JobOutcome, failed_task, reasons_of
from stoflow.domain.job import FINAL_JOB_STATUSES, JobStatus
from stoflow.marketplaces.registry import BUILT_IN

CONFIDENCE = 0.95
MOST_LINES = 12  # of a timeline, in a report

# A short run is too short for these rare paths.
EXPECTED_IN_FULL = ("stale worker fenced", "lease expired", "lease lost while paused", "journal replayed")
# As the api tells them: an action that people know by another word, by that.
EVERY_ACTION = tuple(
    f"{place.name} {spec.alias or spec.code}"
    for place in BUILT_IN
    for spec in place.actions
    if spec.code in place.handlers
)


@dataclass(frozen=True, slots=True)
class Report:
    """`counters` are the judge's and `stale_writes`; `failures` name each demand that was not met.

    `published` are the publishes that completed, by marketplace.
    """

    seed: int
    mutant: str
    counters: Mapping[str, int]
    jobs: Mapping[str, int]
    published: Mapping[str, int]
    history: Mapping[str, int]
    blows: Mapping[str, int]
    sometimes: Mapping[str, int]
    recovery_s: Mapping[str, Mapping[str, float]]
    bounds: Mapping[str, float | None]
    final_after_s: float | None
    last: Sequence[str]
    lasted_s: float
    failures: Sequence[str]
    details: Sequence[str]

    @property
    def is_green(self) -> bool:
        return not self.failures

    def document(self) -> Mapping[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, before it is weighed against the plan."""

    counters: Mapping[str, int]
    details: Sequence[str]
    history: Mapping[str, int]
    strikes: Sequence[Strike]
    stories: Mapping[str, int]
    recoveries: Sequence[Recovery]
    lasted_s: float


def reported(plan: Plan, evidence: Evidence, found: Findings) -> Report:
    """Weigh the findings."""
    statuses = Counter(str(outcome.job["status"]) for outcome in evidence.outcomes)
    places = Counter(
        f"failed in {reason}"
        for outcome in evidence.outcomes
        if outcome.job["status"] == "failed"
        for reason in reasons_of(outcome.job, failed_task(outcome.job))
    )
    sometimes = {
        **found.stories,
        **evidence.said,
        "tenant taken over": max(0, evidence.said["tenant taken over"] - plan.tenants),  # beyond the first time
        "plugin lost between act and answer": evidence.journaled["lost"],
        "journal replayed": evidence.journaled["replayed"],
        "plugin interrupted in a command": evidence.journaled["interrupted"],
    }
    return Report(
        seed=plan.seed,
        mutant=plan.mutant,
        counters=found.counters,
        jobs={"total": len(evidence.outcomes), **statuses, **places, **dict(sorted(_actions(evidence).items()))},
        published=_published(evidence),
        history=found.history,
        blows=dict(Counter(str(strike.blow) for strike in found.strikes)),
        sometimes=sometimes,
        recovery_s=spreads(found.recoveries),
        bounds={
            "doubling per unknown outcome": _bound(found.counters["doubled"], sometimes["outcome unknown"]),
            "doubling per job": _bound(found.counters["doubled"], len(evidence.outcomes)),
        },
        final_after_s=evidence.final_after_s,
        last=list(last_to_end(evidence.outcomes)),
        lasted_s=round(found.lasted_s, 1),
        failures=list(_failures(plan, evidence, found, sometimes)),
        details=found.details,
    )


def last_to_end(outcomes: Sequence[JobOutcome], *, count: int = 3) -> Iterator[str]:
    """Say of the jobs that ended last what happened to each, and how many seconds before its end."""
    told = [outcome for outcome in outcomes if outcome.timeline]
    for outcome in sorted(told, key=lambda each: str(each.timeline[-1]["at"]))[-count:]:
        times = [datetime.fromisoformat(line["at"]).timestamp() for line in outcome.timeline]
        steps = (
            f"-{times[-1] - at:.1f} {line['task'] or 'job'} {line['cause']}"
            for at, line in zip(times, outcome.timeline, strict=True)
        )
        job = outcome.job
        yield f"ended last: {job['action']} on {job['marketplace']}, job {job['id']}: " + "; ".join(
            [*steps][-MOST_LINES:]
        )


def _failures(plan: Plan, evidence: Evidence, found: Findings, sometimes: Mapping[str, int]) -> Iterator[str]:
    for name, count in found.counters.items():
        if count:
            yield f"{name} is {count}"
    open_jobs = sum(outcome.job["status"] not in FINAL_JOB_STATUSES for outcome in evidence.outcomes)
    if evidence.final_after_s is None:
        yield f"{open_jobs} jobs were not final {plan.final_within_s:.0f} s after the last fault"
    if plan.mutant:
        return  # a mutant has only to be found out
    if len(evidence.outcomes) < plan.jobs:
        yield f"only {len(evidence.outcomes)} of {plan.jobs} jobs were made"
    kills = sum(strike.blow in KILLS and bool(strike.pids) for strike in found.strikes)
    least = {
        "kill -9": (kills, plan.kills),
        "outcome unknown": (sometimes["outcome unknown"], plan.least_unknown),
        "plugin lost between act and answer": (
            sometimes["plugin lost between act and answer"],
            plan.least_lost_by_plugins,
        ),
        **{name: (sometimes[name], 1) for name in plan.expected},
    }
    if not plan.is_short:
        least |= {name: (sometimes[name], 1) for name in EXPECTED_IN_FULL}
        least |= {name: (_actions(evidence)[name], 1) for name in EVERY_ACTION}
    for name, (count, wanted) in least.items():
        if count < wanted:
            yield f"{name}: {count} times, at least {wanted} wanted"


def _actions(evidence: Evidence) -> Counter[str]:
    """Return how many jobs of each action there were, by marketplace and action."""
    return Counter(f"{outcome.job['marketplace']} {outcome.job['action']}" for outcome in evidence.outcomes)


def _published(evidence: Evidence) -> Mapping[str, int]:
    jobs = (outcome.job for outcome in evidence.outcomes)
    done = (job for job in jobs if job["action"] == "publish" and job["status"] == JobStatus.COMPLETED)
    return dict(Counter(str(job["marketplace"]) for job in done))  # a Counter is no value of `asdict`


def spreads(recoveries: Sequence[Recovery]) -> Mapping[str, Mapping[str, float]]:
    """Return median, 99th percentile and worst by what was struck; tasks to be verified apart."""
    kinds: dict[str, list[float]] = {}
    for recovery in recoveries:
        name = str(recovery.blow) + (", verifying" if recovery.verifying else "")
        kinds.setdefault(name, []).append(recovery.seconds)
    return {name: _spread(sorted(seconds)) for name, seconds in sorted(kinds.items())}


def _spread(seconds: Sequence[float]) -> Mapping[str, float]:
    def at(share: float) -> float:
        return round(seconds[min(len(seconds) - 1, int(len(seconds) * share))], 2)

    return {"count": len(seconds), "p50": at(0.5), "p99": at(0.99), "worst": round(seconds[-1], 2)}


def _bound(found: int, tried: int) -> float | None:
    """Return the greatest chance that 0 of `tried` still allow at 95 %; None where something was found."""
    return None if found or not tried else 1 - (1 - CONFIDENCE) ** (1 / tried)


def worded(report: Report) -> str:
    """Return the report as a person reads it."""
    blocks = {
        "counters": report.counters,
        "jobs": report.jobs,
        "clients were told": report.history,
        "blows": report.blows,
        "sometimes": report.sometimes,
    }
    lines = [f"seed {report.seed}" + (f", mutant {report.mutant}" if report.mutant else "")]
    for title, values in blocks.items():
        lines += [f"\n{title}", *(f"  {name:<42} {value:>7}" for name, value in values.items())]
    lines.append("\nrecovery: from a death to the next claim of what it held, in seconds")
    for name, spread in report.recovery_s.items():
        lines.append(f"  {name:<58} " + "  ".join(f"{key} {value:g}" for key, value in spread.items()))
    lines.append("")
    for name, bound in report.bounds.items():
        lines.append(f"{name}: at most {bound:.2%} at 95 %" if bound is not None else f"{name}: no bound")
    ended = "not all jobs were final" if report.final_after_s is None else f"all final {report.final_after_s:.1f} s"
    lines += [f"{ended} after the last fault; {report.lasted_s:.0f} s in all", *report.last, *report.details[:20]]
    lines += ["", "GREEN" if report.is_green else "RED: " + "; ".join(report.failures)]
    return "\n".join(lines)

"""What a campaign left behind: every job with its timeline by the public API, the ledger, journals and logs."""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from campaigns.world import World, journaled
from stoflow.cli.simulate.demo_summary import JobOutcome
from stoflow.domain.errors import StoflowError
from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.transports.api_client import ApiClient

READING_THREADS = 6
LOOK_EVERY_S = 0.5
MOSTLY_FINAL_WITHIN_S = 60.0
FEW = 0.05

Body = Mapping[str, Any]

# How often a process said a sentence of monitoring/logs.py; a number in it counts as that many, and so does what it
# says of itself where it was said again within its window.
SAID: Mapping[str, str] = {
    "stale worker fenced": r"A late attempt at task",
    "lease expired": r"its lease ended\.",
    "lease lost while paused": r"lost its lease and lets go",
    "tenant taken over": r"Tenant \d+ is ours",
    "sweeper acted": r", (\d+) tasks were freed",
    "outcome dropped without PostgreSQL": r"An outcome could not be recorded",
    "PostgreSQL was away": r"PostgreSQL cannot be reached",
    "Redis was away": r"Redis cannot be reached",
    "actor restarted": r"failed and reloads",
    "handed back": r"is handed back to newer workers",
}


SAID_AGAIN = re.compile(r"\(said (\d+) more times\)$")


@dataclass(frozen=True, slots=True)
class Evidence:
    """`outcomes` are all jobs with their timelines; `final_after_s` counts from the last fault, None: not all were.

    `taken_at` are the times at which an orchestrator took a tenant, in order.
    """

    outcomes: Sequence[JobOutcome]
    final_after_s: float | None
    said: Mapping[str, int]
    journaled: Mapping[str, int]
    taken_at: Sequence[float] = ()


def wait_until_mostly_final(world: World) -> None:
    """Let the faults meet most of the work: return when few jobs are open, or after a while."""
    deadline = time.monotonic() + MOSTLY_FINAL_WITHIN_S
    while time.monotonic() < deadline:
        open_jobs = _open_jobs(world)
        if open_jobs is not None and open_jobs <= world.plan.jobs * FEW:
            return
        time.sleep(LOOK_EVERY_S)


def wait_until_final(world: World, *, since: float, within_s: float) -> float | None:
    """Return the seconds from `since`, a monotonic time, until every job was final; None where some are not in time."""
    while time.monotonic() - since <= within_s:
        if _open_jobs(world) == 0:
            return time.monotonic() - since
        time.sleep(LOOK_EVERY_S)
    return None


def collected(world: World, final_after_s: float | None) -> Evidence:
    """Read everything there is to judge."""
    return Evidence(
        outcomes=[outcome for tenant, client in world.clients.items() for outcome in _outcomes(tenant, client)],
        final_after_s=final_after_s,
        said=counted(path.read_text("utf-8", errors="replace") for path in sorted(world.folder.glob("*.log"))),
        taken_at=takings(path.read_text("utf-8", errors="replace") for path in world.folder.glob("orchestrator*.log")),
        journaled={event: journaled(world, event) for event in ("lost", "replayed", "interrupted")},
    )


def kept(found: Evidence, file: Path) -> None:
    """Write the jobs and their timelines down, for those who look into a campaign that was not green."""
    jobs = [{"tenant": outcome.tenant, **outcome.job, "timeline": list(outcome.timeline)} for outcome in found.outcomes]
    file.write_text(json.dumps(jobs, indent=1), "utf-8")


def counted(logs: Iterator[str]) -> Mapping[str, int]:
    """Return how often each sentence was said."""
    lines = [line for text in logs for line in text.splitlines()]
    return {name: sum(_times_said(pattern, line) for line in lines) for name, pattern in SAID.items()}


def _times_said(pattern: str, line: str) -> int:
    again = SAID_AGAIN.search(line)
    found = re.findall(pattern, line)
    number = sum(int(each) for each in found) if "(" in pattern else len(found)
    return number * (int(again[1]) if again else 1)


def takings(logs: Iterable[str]) -> Sequence[float]:
    """Return when tenants were taken, in order, by the logs of all orchestrators."""
    times = [at for log in logs for at in re.findall(r"^(\S+)Z .*Tenant \d+ is ours", log, re.MULTILINE)]
    return sorted(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() for at in times)


def _open_jobs(world: World) -> int | None:
    """Return how many jobs are not final; None while the api cannot tell."""
    with suppress(StoflowError):
        return sum(
            1
            for client in world.clients.values()
            for status in (JobStatus.PENDING, JobStatus.RUNNING)  # in this order: a job only moves on
            for _ in client.jobs(status=status)
        )
    return None


def _outcomes(tenant: TenantId, client: ApiClient) -> Iterator[JobOutcome]:
    def read(job: int) -> JobOutcome:
        return JobOutcome(tenant, client.job(job), client.timeline(job))

    with ThreadPoolExecutor(READING_THREADS) as threads:
        yield from threads.map(read, [job["id"] for job in client.jobs()])

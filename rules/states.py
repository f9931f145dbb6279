"""`python -m rules.states`: draws docs/job-states.md from the transition tables of the domain."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from stoflow.domain.job import FINAL_JOB_STATUSES, JOB_TRANSITIONS, TASK_TRANSITIONS, JobStatus, TaskStatus

PAGE = Path(__file__).parents[1] / "docs" / "job-states.md"

OPENING = """# States of jobs and tasks

Drawn from the tables in `stoflow/domain/job.py` by `make docs`; a test compares. A status changes by compare-and-set
in SQL, along these arrows and no other, and each change is a row of the job's timeline.
"""

JOB_MEANINGS: Mapping[JobStatus, str] = {
    JobStatus.PENDING: "accepted, nothing of it has begun; it can say what it waits for",
    JobStatus.RUNNING: "its first task has begun; automatic retries, waiting for the plugin and verifying stay inside",
    JobStatus.COMPLETED: "every task is done",
    JobStatus.FAILED: "a task failed for good; becomes pending again only by a retry someone asked for",
    JobStatus.CANCELLED: "someone asked, and nothing is visible to buyers",
    JobStatus.EXPIRED: "its time was over before it had acted",
}

TASK_MEANINGS: Mapping[TaskStatus, str] = {
    TaskStatus.PENDING: "not begun, or to be begun again: a retry, a hand-back",
    TaskStatus.RUNNING: "claimed by a worker, sent to the plugin, or verifying an unknown outcome",
    TaskStatus.COMPLETED: "done, and never run again",
    TaskStatus.FAILED: "refused, out of retries, or quarantined after three deaths",
    TaskStatus.SKIPPED: "left undone when its job was cancelled or expired",
}

Status = TypeVar("Status", bound=StrEnum)


def page() -> str:
    """Return the page as it should stand in docs/."""
    parts = [
        OPENING,
        _section("Jobs", JOB_TRANSITIONS, JOB_MEANINGS, JobStatus.PENDING),
        _section("Tasks", TASK_TRANSITIONS, TASK_MEANINGS, TaskStatus.PENDING),
        f"A job is final when it is {', '.join(sorted(FINAL_JOB_STATUSES))}.\n",
    ]
    return "\n".join(parts)


def _section(
    title: str, transitions: Mapping[Status, frozenset[Status]], meanings: Mapping[Status, str], first: str
) -> str:
    diagram = "\n".join(f"    {line}" for line in _arrows(transitions, first))
    rows = "\n".join(f"| {status} | {meanings[status]} |" for status in transitions)
    return f"## {title}\n\n```mermaid\nstateDiagram-v2\n{diagram}\n```\n\n| status | meaning |\n| --- | --- |\n{rows}\n"


def _arrows(transitions: Mapping[Status, frozenset[Status]], first: str) -> Iterator[str]:
    yield f"[*] --> {first}"
    for source, targets in transitions.items():
        yield from (f"{source} --> {target}" for target in sorted(targets))
        if not targets:
            yield f"{source} --> [*]"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

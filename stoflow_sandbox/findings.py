"""What the judge says, and what it reads of a job."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Job = Mapping[str, Any]

FINAL = frozenset({"completed", "failed", "cancelled", "expired"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and the counter that it raises."""

    counter: str
    sentence: str


def left_over(jobs: Iterable[Job], about: str) -> Iterator[Finding]:
    """Yield the jobs that did not end, or ended without a reason."""
    for job in jobs:
        name = f"job {job['id']} ({job['action']}) for {about}"
        if job["status"] not in FINAL:
            yield Finding("lost", f"{name} is still {job['status']}.")
        elif is_in(job, "expired") and not job.get("expiry_asked"):
            yield Finding("lost", f"{name} expired though nobody asked it to.")
        elif is_in(job, "failed") and "error" in job and not job["error"]:
            yield Finding("lost", f"{name} failed without a reason.")


def is_in(job: Job, status: str) -> bool:
    """Say whether the job has this status."""
    return job["status"] == status


def absences(jobs: Iterable[Job]) -> int:
    """Count the looks that confirmed that nothing was there."""
    return sum(int(job.get("absences", 0)) for job in jobs)

"""What a demo came to: counted from the API's own answers, judged against the sandbox's ledger."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from stoflow.domain.ids import TenantId
from stoflow.domain.job import FINAL_JOB_STATUSES, JobStatus, TaskStatus
from stoflow.resources.products.files.rows import RejectedRow

CHECKING_TASK = "validate"  # a product that a marketplace would not take may fail here, and only here
COUNTERS = ("lost", "doubled", "unexpected", "wrong_owner", "over_limit", "reordered", "excess_creates")
ABSENCE_CAUSE = "absence confirmed"
LOOK_CAUSES = ("looked", ABSENCE_CAUSE)

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """One job as the API tells it, with the timeline where it took more than one attempt."""

    tenant: TenantId
    job: Body
    timeline: Sequence[Body] = ()

    def for_judge(self) -> Body:
        """Return what the judge asks to know."""
        outputs = [task["output"] or {} for task in reversed(self.job["tasks"])]
        result = (self.job["result"] or {}).get("result") or {}
        return {
            **{name: self.job[name] for name in ("id", "product_id", "marketplace", "action", "status", "error")},
            "tenant": self.tenant,
            "external_id": next((found["listing_id"] for found in (result, *outputs) if found.get("listing_id")), None),
            "absences": sum(entry["cause"] == ABSENCE_CAUSE for entry in self.timeline),
            "expiry_asked": self.job["expires_at"] is not None,
        }


@dataclass(frozen=True, slots=True)
class FailureReason:
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The fields of interface.md, and what the import had to make up."""

    tenants: int
    products: int
    rejected_rows: int
    jobs: Mapping[str, int]
    tasks: int
    listings: Mapping[str, int]
    retries: int
    looks: int
    lost: int
    doubled: int
    unexpected: int
    wrong_owner: int
    over_limit: int
    reordered: int
    excess_creates: int
    failures: Sequence[FailureReason]
    duration_s: float
    descriptions_filled: int = 0
    currencies_assumed: int = 0
    failed_outside_validate: int = 0
    not_final: int = 0
    rejected: Sequence[RejectedRow] = ()

    @property
    def counters(self) -> Mapping[str, int]:
        return {name: getattr(self, name) for name in COUNTERS}

    @property
    def has_listed(self) -> bool:
        return any(self.listings.values())

    def is_good(self, *, faults: float) -> bool:
        """Say whether something was listed and ledger and database agree; only with faults may a job fail elsewhere
        than in validate."""
        may_fail = faults > 0 or not self.failed_outside_validate
        return self.has_listed and not any(self.counters.values()) and not self.not_final and may_fail

    def document(self) -> Mapping[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class JobCounts:
    """The jobs of a run, added up one by one."""

    statuses: Counter[str] = field(default_factory=Counter[str])
    listings: Counter[str] = field(default_factory=Counter[str])
    failures: Counter[str] = field(default_factory=Counter[str])
    tasks: int = 0
    retries: int = 0
    looks: int = 0
    not_final: int = 0
    failed_outside_validate: int = 0

    def add(self, outcome: JobOutcome) -> None:
        """Count one job with its tasks; its timeline says how often it was looked for."""
        job = outcome.job
        status = JobStatus(job["status"])
        self.statuses[status] += 1
        self.tasks += len(job["tasks"])
        self.retries += sum(task["failures"] for task in job["tasks"])
        self.looks += sum(entry["cause"].startswith(LOOK_CAUSES) for entry in outcome.timeline)
        self.listings[job["marketplace"]] += status is JobStatus.COMPLETED
        self.not_final += status not in FINAL_JOB_STATUSES
        if status is JobStatus.FAILED:
            place = failed_task(job)
            self.failed_outside_validate += place != CHECKING_TASK
            self.failures.update(reasons_of(job, place))

    def jobs(self) -> Mapping[str, int]:
        ended = {str(status): self.statuses[status] for status in sorted(FINAL_JOB_STATUSES)}
        return {"total": self.statuses.total(), **ended}


def failed_task(job: Body) -> str:
    """Return the name of the task the job failed in, "" where it failed between two."""
    return next((task["name"] for task in job["tasks"] if task["status"] == TaskStatus.FAILED), "")


def reasons_of(job: Body, place: str) -> Sequence[str]:
    """Return each reason on its own, with its field: a product may lack several things at once."""
    where = f"{job['marketplace']} {place}".strip()
    named = [f"{where}: {error['field']}: {error['message']}" for error in job["errors"]]
    return named or [f"{where}: {job['error'] or 'no reason given'}"]


def most_frequent(failures: Counter[str]) -> Sequence[FailureReason]:
    return [
        FailureReason(reason, count) for reason, count in sorted(failures.items(), key=lambda item: (-item[1], item[0]))
    ]

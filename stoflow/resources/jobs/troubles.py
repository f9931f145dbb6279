"""What holds every job there and is no Hold of this one: no rule of admission knows of Redis, or of an outage."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final, Protocol

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import FINAL_JOB_STATUSES
from stoflow.resources.jobs.explain import Explanation
from stoflow.resources.jobs.read import explain_job
from stoflow.resources.monitoring.causes import SELLERS, Question, Seen
from stoflow.resources.monitoring.snapshot import Watching, look, seen_by
from stoflow.resources.monitoring.verdict import judge
from stoflow.resources.needs import ReadsJobs

REMARKS: Final = frozenset({"clock_skew"})  # it harms nothing by itself, and makes every `until` doubtful
OF_ONE: Final = frozenset({*SELLERS, "stalled", "keys_missing"})
"""What one seller's jobs wait for is among a job's own Holds."""
HOLDS: Final = {"no_consumer": "no_worker", "quota_used_up": "application_refused"}
"""What is told by a Hold of another name."""


class ReadsJobsAndWatches(ReadsJobs, Protocol):
    """… and what looks at the whole installation."""

    @property
    def watching(self) -> Watching: ...


def explain_with_troubles(needs: ReadsJobsAndWatches, tenant: TenantId, job: JobId) -> Explanation:
    """Return why the job does not go on, with what stops all work there; raise NotFound."""
    said = explain_job(needs, tenant, job)
    return said if said.status in FINAL_JOB_STATUSES else with_troubles(said, look(needs.watching, tenant), tenant)


def with_troubles(said: Explanation, seen: Seen, tenant: TenantId) -> Explanation:
    """Return the same with what is seen to stop all work at the job's marketplace, the likeliest first."""
    if said.status in FINAL_JOB_STATUSES:
        return said
    held = {hold.kind for hold in said.holds}
    found = [cause for cause in judge(seen_by(seen, tenant)).causes if cause.marketplace in {None, said.marketplace}]
    harm = [cause for cause in found if Question.FLOWS in cause.harms or cause.kind in REMARKS]
    return replace(said, troubles=tuple(cause for cause in harm if _is_new(cause.kind, held)))


def _is_new(kind: str, held: Collection[str]) -> bool:
    return kind not in OF_ONE and kind not in held and HOLDS.get(kind, "") not in held

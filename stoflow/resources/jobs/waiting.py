"""Why a job is not going on: what is known of it, put before the rules of admission."""

from dataclasses import dataclass
from datetime import datetime

from stoflow.admission.asking import holds_of, judge_place
from stoflow.admission.facts import Conditions, Place, Work
from stoflow.admission.hold import Hold
from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus, TaskStatus
from stoflow.storage.engine.reads.job_views import JobFacts, JobRecord, SeenJob


@dataclass(frozen=True, slots=True)
class Held:
    """What holds a job, and until when its whole place is stopped, as far as the clock alone ends that."""

    holds: tuple[Hold, ...] = ()
    stopped_until: datetime | None = None


def held_in(seen: SeenJob, tenant: TenantId, conditions: Conditions) -> Held:
    """Return what holds the job and its place, nothing where it is final."""
    if seen.facts is None:
        return Held()
    place = _place(seen.record, seen.facts, tenant, conditions)
    ends = [hold.until for hold in judge_place(place).holds if hold.until is not None]
    return Held(holds_of(_work(seen.record, seen.facts, place, conditions)), max(ends, default=None))


def holds_in(seen: SeenJob, tenant: TenantId, conditions: Conditions) -> tuple[Hold, ...]:
    """Return what holds the job, none where it is final."""
    return held_in(seen, tenant, conditions).holds


def _place(job: JobRecord, facts: JobFacts, tenant: TenantId, conditions: Conditions) -> Place:
    return Place(
        tenant=tenant,
        marketplace=job.marketplace,
        now=facts.now,
        settings=conditions.settings,
        suspended=facts.suspended,
        halted=facts.halted,
        lock=facts.lock,
        resume_at=facts.resume_at,
        by_plugin=job.marketplace in conditions.plugins,
        plugin_connected=facts.plugin_connected,
        plugin_since=facts.plugin_since,
        terms_due=conditions.asks(job.marketplace, facts.accepted),
        terms_until=facts.acts_until,
        refusal=facts.refusal,
    )


def _work(job: JobRecord, facts: JobFacts, place: Place, conditions: Conditions) -> Work:
    return Work(
        place=place,
        action=job.action,
        under_way=facts.under_way,
        pending_task=facts.status is TaskStatus.PENDING,
        behind=facts.behind,
        put_off=facts.put_off,
        not_before=job.not_before if job.status is JobStatus.PENDING else None,
        look_at=facts.look_at,
        accepted_until=facts.accepted_until,
        late_until=facts.late_until,
        retry_at=facts.retry_at,
        error=facts.error,
        pace_until=facts.pace_until,
        in_flight=facts.in_flight,
        cap=conditions.caps.get(job.marketplace),
        served=facts.served,
        decided=facts.decided,
        orchestrators=facts.orchestrators,
        unknown=facts.unknown,
    )

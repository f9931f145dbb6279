"""When a job will begin and end: what holds it and the line before it are read, admission judges."""

from dataclasses import dataclass

from stoflow.admission.estimate import Outlook, outlook_of
from stoflow.admission.hold import Hold
from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.line import Line
from stoflow.domain.retry import usual_outage_backoff_s
from stoflow.domain.tempo import Tempo
from stoflow.resources.jobs.waiting import held_in
from stoflow.resources.needs import ReadsJobs
from stoflow.storage.database.session import Records
from stoflow.storage.engine.reads.job_views import SeenJob
from stoflow.storage.engine.reads.line import COUNTED_AT_MOST, read_line
from stoflow.storage.engine.reads.people import view_job


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What holds a job, how many pending ones come before it, and when it begins and ends."""

    holds: tuple[Hold, ...]
    before: int
    outlook: Outlook


def read_foreseen(connection: Records, tenant: TenantId, seen: SeenJob, needs: ReadsJobs) -> Foreseen | None:
    """Return what is foreseen of the job, None where it is final."""
    line = _line(connection, tenant, seen, needs)
    if line is None:
        return None
    held = held_in(seen, tenant, needs.conditions)
    first = _first(connection, tenant, line, needs)
    return Foreseen(
        held.holds, line.before, outlook_of(line, held.holds, stopped_until=held.stopped_until, first=first)
    )


def _first(connection: Records, tenant: TenantId, line: Line, needs: ReadsJobs) -> Outlook | None:
    """Return the outlook of the first unfinished job of its product, which has none before it."""
    seen = view_job(connection, tenant, line.behind) if line.behind is not None else None
    foreseen = read_foreseen(connection, tenant, seen, needs) if seen is not None else None
    return foreseen.outlook if foreseen is not None else None


def _line(connection: Records, tenant: TenantId, seen: SeenJob, needs: ReadsJobs) -> Line | None:
    found = read_line(connection, tenant, seen.record.id) if seen.facts is not None else None
    if found is None or seen.facts is None:
        return None
    job, conditions = seen.record, needs.conditions
    tempo = Tempo(conditions.settings.speed)
    actions = {job.action, *found.mix, *(each.action for each in found.begun)}
    return Line(
        now=found.now,
        action=job.action,
        started_at=job.started_at if job.status is JobStatus.RUNNING else None,
        before=found.before,
        counted=COUNTED_AT_MOST,
        mix=found.mix,
        begun=found.begun,
        lately=found.lately,
        rests=found.rests,
        task_began_at=found.task_began_at,
        again_s=None if found.away_tries is None else tempo.scaled_s(usual_outage_backoff_s(found.away_tries + 1)),
        away_tries=found.away_tries or 0,
        paced_in_s=found.paced_in_s,
        paced_before=found.paced_before,
        chain=found.chain if seen.facts.behind is not None else 0,
        behind=seen.facts.behind,
        pace_s={action: tempo.pace_s(needs.registry.rate_limit_ms(job.marketplace, action)) for action in actions},
        cap=conditions.caps.get(job.marketplace, 1),
    )

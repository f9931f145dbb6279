"""What each process is and does now: by its lease in PostgreSQL, and by what it shows of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from stoflow.monitoring.live.reader import LiveProcess
from stoflow.resources.monitoring.snapshot import Snapshot
from stoflow.storage.engine.reads.installation import LivingProcess


@dataclass(frozen=True, slots=True)
class Job:
    """A job that a worker runs now."""

    tenant: int
    job: int
    marketplace: str
    action: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Process:
    """`lease_until` is None where its lease has ended, as of one that was killed; `age_s` where nothing is seen of it.

    `serves` are the marketplaces that it works for, all of them where there is none. `tenants` are those that it
    decides for, `threads` so many jobs it may run at once, `memory` its bytes, each None where it does not say.
    """

    process: int
    kind: str
    host: str
    pid: int
    release: str
    started_at: datetime
    lease_until: datetime | None
    age_s: float | None
    serves: Sequence[str] = ()
    threads: int | None = None
    tenants: int | None = None
    memory: int | None = None
    doing: Sequence[Job] = ()
    outages: Mapping[str, Any] = field(default_factory=dict[str, Any])


def processes_of(found: Snapshot) -> Sequence[Process]:
    """Return those that hold a lease, or were seen a moment ago and were not replaced, by kind and number."""
    seen = {each.process: each for each in found.processes}
    living = [_living(each, seen.pop(each.id, None), found.at) for each in found.facts.living]
    gone = [_gone(each) for each in seen.values() if not _is_replaced(each, found)]
    return sorted([*living, *gone], key=lambda each: (each.kind, each.process))


def _is_replaced(gone: LiveProcess, found: Snapshot) -> bool:
    """Say whether another one of its kind has begun where it was, since it was seen last."""
    same = [row for row in found.facts.living if (row.kind, row.host) == (gone.kind, gone.told.get("host"))]
    return any(row.lives_s < gone.age_s for row in same)


def _living(row: LivingProcess, seen: LiveProcess | None, now: datetime) -> Process:
    return Process(
        process=row.id,
        kind=row.kind,
        host=row.host,
        pid=row.pid,
        release=row.release,
        started_at=now - timedelta(seconds=row.lives_s),
        lease_until=now + timedelta(seconds=row.lease_s),
        age_s=seen.age_s if seen else None,
        serves=tuple(row.serves or ()),
        **_shown(seen.told if seen else {}),
    )


def _gone(seen: LiveProcess) -> Process:
    told = seen.told
    return Process(
        process=seen.process,
        kind=seen.kind,
        host=told.get("host", ""),
        pid=told.get("pid", 0),
        release=told.get("release", ""),
        started_at=_moment(told.get("started_at", 0)),
        lease_until=None,
        age_s=seen.age_s,
        serves=tuple(seen.serves),
        **_shown({**told, "doing": ()}),
    )


def _shown(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a process says of itself; one of another release may say less."""
    doing = [_job(each) for each in told.get("doing", ())]
    kept = {name: told.get(name) or None for name in ("threads", "tenants", "memory")}
    return {**kept, "doing": doing, "outages": told.get("outages", {})}


def _job(told: Mapping[str, Any]) -> Job:
    return Job(told["tenant"], told["job"], told["marketplace"], told["action"], _moment(told["since"]))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

"""Why a job is not going on: what is known of it, put before the rules of admission."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stoflow.admission.asking import holds_of
from stoflow.admission.facts import Conditions, Place, Work
from stoflow.admission.hold import Hold
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus, TaskStatus


def holds_in(row: Mapping[str, Any], tenant: TenantId, conditions: Conditions) -> tuple[Hold, ...]:
    """Return what holds the job of a row of `storage/engine/reads/people`, none where it is final."""
    facts = row["facts"]
    return holds_of(_work(row, facts, _place(row, facts, tenant, conditions), conditions)) if facts else ()


def _place(row: Mapping[str, Any], facts: Mapping[str, Any], tenant: TenantId, conditions: Conditions) -> Place:
    return Place(
        tenant=tenant,
        marketplace=row["marketplace"],
        now=datetime.fromisoformat(facts["now"]),
        settings=conditions.settings,
        suspended=facts["suspended"],
        halted=facts["halted"],
        by_plugin=row["marketplace"] in conditions.plugins,
        plugin_connected=facts["plugin_connected"],
        plugin_since=facts["plugin_since"],
        refusal=facts["refusal"],
    )


def _work(row: Mapping[str, Any], facts: Mapping[str, Any], place: Place, conditions: Conditions) -> Work:
    return Work(
        place=place,
        action=row["action"],
        under_way=bool(facts["under_way"]),
        pending_task=facts["status"] == TaskStatus.PENDING,
        behind=JobId(facts["behind"]) if facts["behind"] else None,
        not_before=row["not_before"] if row["status"] == JobStatus.PENDING else None,
        look_at=_time(facts["look_at"]),
        accepted_until=_time(facts["accepted_until"]),
        late_until=_time(facts["late_until"]),
        retry_at=_time(facts["retry_at"]),
        error=facts["error"] or "",
        pace_until=_time(facts["pace_until"]),
        in_flight=facts["in_flight"],
        cap=conditions.caps.get(row["marketplace"]),
        served=facts["served"],
        decided=facts["decided"],
        orchestrators=facts["orchestrators"],
        unknown=facts["unknown"],
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

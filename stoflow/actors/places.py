"""A place as an orchestrator knows it: by the page of its tenant's queue that was read last."""

import time
from datetime import UTC, datetime, timedelta

from stoflow.admission.facts import Conditions, Place
from stoflow.domain.application import RefusalMark
from stoflow.domain.ids import TenantId
from stoflow.storage.engine.reads.queue import QueuePage


def place_of(
    conditions: Conditions, tenant: TenantId, marketplace: str, known: QueuePage | None, *, refused: bool
) -> Place:
    """Return what admission judges by; `refused` says that the marketplace refuses StoFlow's own application."""
    now = datetime.fromtimestamp(conditions.clock(), UTC)
    rests_until_s = known.resting.get(marketplace) if known else None
    return Place(
        tenant=tenant,
        marketplace=marketplace,
        now=now,
        settings=conditions.settings,
        suspended=known is not None and known.suspended,
        halted=known.halted.get(marketplace) if known else None,
        resume_at=None if rests_until_s is None else now + timedelta(seconds=rests_until_s - time.monotonic()),
        by_plugin=marketplace in conditions.plugins,
        plugin_connected=known is not None and known.plugin_connected,
        terms_due=known is not None and conditions.asks(marketplace, known.accepted),
        terms_until=known.acts_until if known else None,
        refusal=RefusalMark() if refused else None,
    )

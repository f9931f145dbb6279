"""Sold here, gone there: what one marketplace told of a product becomes jobs on the others."""

from stoflow.domain.ids import TenantId
from stoflow.marketplaces.registry import Registry
from stoflow.monitoring.failpoints import failpoint
from stoflow.resources.jobs.views import SubmitJob
from stoflow.storage.database.session import Database
from stoflow.storage.engine.propagate import note_propagated, read_updates
from stoflow.upkeep.stock import HIGH, keep_to_stock, submit_known


def propagate(database: Database, registry: Registry, tenant: TenantId) -> int:
    """Submit every job that is missing, before others at the same marketplace; return how many were made now."""
    made = keep_to_stock(database, registry, tenant)
    with database.records() as connection:
        updates, told = read_updates(connection, tenant)
    asked = [
        SubmitJob(each.marketplace, "update", each.product, priority=HIGH, idempotency_key=each.key) for each in updates
    ]
    made += sum(submit_known(database, registry, tenant, job) for job in asked)
    failpoint("propagate.before")
    with database.records() as connection:
        note_propagated(connection, tenant, told)
    failpoint("propagate.after")
    return made

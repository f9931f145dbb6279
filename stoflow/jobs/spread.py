"""Sold here, gone there: what one marketplace told of a product becomes jobs on the others."""

from stoflow.domain.ids import TenantId
from stoflow.jobs.engine import Engine, step_of
from stoflow.jobs.stock import HIGH, is_against_stock, keep_to_stock, submit_known
from stoflow.jobs.views import SubmitJob
from stoflow.marketplaces.registry import Registry
from stoflow.monitoring.failpoints import failpoint
from stoflow.storage.engine.linking import link_listings
from stoflow.storage.engine.reading import StoredJob, StoredTask
from stoflow.storage.engine.spreading import note_spread, read_updates
from stoflow.storage.session import Database


def spread_before(engine: Engine, job: StoredJob, task: StoredTask) -> None:
    """Link and spread what a job learned, where `task` follows that; before any, what its product's quantity means."""
    if job.product is not None and is_against_stock(job):
        keep_to_stock(engine.database, engine.registry, job.tenant, [job.product.id])
    try:
        spreads = step_of(engine, job, task).spreads
    except (KeyError, ValueError):
        return  # its run says what is wrong with the task
    if spreads:
        failpoint("spread.link.before")
        with engine.database.records() as connection:
            link_listings(connection, job.tenant)
        failpoint("spread.link.after")
        spread(engine.database, engine.registry, job.tenant)


def spread(database: Database, registry: Registry, tenant: TenantId) -> int:
    """Submit every job that is missing, before others at the same marketplace; return how many were made now."""
    made = keep_to_stock(database, registry, tenant)
    with database.records() as connection:
        updates, products = read_updates(connection, tenant)
    asked = [
        SubmitJob(each.marketplace, "update", each.product, priority=HIGH, idempotency_key=each.key) for each in updates
    ]
    made += sum(submit_known(database, registry, tenant, job) for job in asked)
    failpoint("spread.before")
    with database.records() as connection:
        note_spread(connection, tenant, products)
    failpoint("spread.after")
    return made

"""Sold here, gone there: what one marketplace told of a product becomes jobs on the others."""

from stoflow.domain.errors import Conflict, InputError, NotFound
from stoflow.domain.facts import SpreadRefused
from stoflow.domain.ids import TenantId
from stoflow.jobs.engine import Engine, step_of
from stoflow.jobs.submit import submit
from stoflow.jobs.views import SubmitJob
from stoflow.marketplaces.registry import Registry
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.engine.linking import link_listings
from stoflow.storage.engine.reading import StoredJob, StoredTask
from stoflow.storage.engine.spreading import MissingJob, note_spread, read_missing_jobs
from stoflow.storage.session import Database

HIGH = 2


def spread_before(engine: Engine, job: StoredJob, task: StoredTask) -> None:
    """Link and spread what a job learned, where `task` is the one to follow that."""
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
    """Submit every job that is missing, before others at the same marketplace; return how many were made now.

    Each goes by a key that names its reason, so that this may be repeated, and done by two at once.
    """
    with database.records() as connection:
        jobs, products = read_missing_jobs(connection, tenant)
    made = sum(_submit(database, registry, tenant, job) for job in jobs)
    failpoint("spread.before")
    with database.records() as connection:
        note_spread(connection, tenant, products)
    failpoint("spread.after")
    return made


def _submit(database: Database, registry: Registry, tenant: TenantId, job: MissingJob) -> bool:
    asked = SubmitJob(job.marketplace, job.action, job.product, priority=HIGH, idempotency_key=job.key)
    try:
        _, made = submit(database, registry, tenant, asked)
    except (InputError, NotFound, Conflict) as error:  # the product went meanwhile, or another one submits it now
        record(SpreadRefused(tenant, job.product, job.marketplace, str(error)))
        return False
    return made

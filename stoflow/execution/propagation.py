"""What a job learned of a product is told to the other marketplaces before its own last task says that all is done."""

from stoflow.execution.engine import Engine, step_of
from stoflow.monitoring.failpoints import failpoint
from stoflow.storage.engine.observe.link import link_listings
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask
from stoflow.upkeep.propagate import propagate
from stoflow.upkeep.stock import is_against_stock, keep_to_stock


def propagate_before(engine: Engine, job: StoredJob, task: StoredTask) -> None:
    """Link and spread what a job learned, where `task` follows that; before any, what its product's quantity means."""
    if job.product is not None and is_against_stock(job):
        keep_to_stock(engine.database, engine.registry, job.tenant, [job.product.id])
    try:
        propagates = step_of(engine, job, task).propagates
    except (KeyError, ValueError):
        return  # its run says what is wrong with the task
    if propagates:
        failpoint("propagate.link.before")
        with engine.database.records() as connection:
            link_listings(connection, job.tenant)
        failpoint("propagate.link.after")
        propagate(engine.database, engine.registry, job.tenant)

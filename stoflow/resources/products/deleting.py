"""Deleting a product: refused while it is for sale, unless its listings are to end with it."""

from collections.abc import Sequence

from stoflow.domain.errors import Conflict, NotFound
from stoflow.domain.ids import JobId, TenantId
from stoflow.marketplaces.registry import Registry
from stoflow.resources.jobs.submit import may_fold, new_job, plan_tasks
from stoflow.resources.jobs.views import SubmitJob
from stoflow.resources.needs import ChangesJobs
from stoflow.storage.database.session import Records
from stoflow.storage.engine.change import request_cancel
from stoflow.storage.engine.deletion import mark_deleted, places_of, waiting_jobs
from stoflow.storage.engine.ownership import announce
from stoflow.storage.engine.submit import insert_job, lock_products
from stoflow.storage.engine.traces import keep_trace
from stoflow.storage.engine.unfinished import finish_cancel

END = "delete"
HIGH = 2


def delete_product(needs: ChangesJobs, tenant: TenantId, product: int, *, ends_listings: bool) -> Sequence[JobId]:
    """Delete the product, and return the jobs that end its listings; all in one commit.

    Raise NotFound, or Conflict where it is for sale, or a job on it has not ended, and `ends_listings` was not said.
    Its rows stay for what refers to them: nobody sees it any more, and its keys are free.
    """
    with needs.database.records() as connection:
        found = lock_products(connection, tenant, product).get(product)
        if found is None:
            raise NotFound(f"There is no product {product}.")
        _take_back(connection, tenant, product)
        places = places_of(connection, tenant, product)
        if places and not ends_listings:
            raise Conflict(
                f"Product {product} is for sale, or about to be, on {', '.join(places)}: "
                "end its listings first, or say listings=end."
            )
        jobs = [_end(connection, needs.registry, tenant, product, place, found.images) for place in places]
        mark_deleted(connection, tenant, product)
    if jobs:
        needs.announced()
    return jobs


def _take_back(connection: Records, tenant: TenantId, product: int) -> None:
    """Cancel what was asked of the product and has not begun; a refusal undoes this too."""
    if waiting := waiting_jobs(connection, tenant, product):
        request_cancel(connection, tenant, *waiting)
        finish_cancel(connection, tenant, *waiting)
        announce(connection, tenant, *waiting)


def _end(
    connection: Records, registry: Registry, tenant: TenantId, product: int, marketplace: str, images: int
) -> JobId:
    asked = SubmitJob(marketplace, END, product, priority=HIGH)
    tasks = plan_tasks(registry.handler(marketplace, END), images)
    keep_trace(connection)
    folds = may_fold(registry, marketplace, tasks)
    job = insert_job(connection, tenant, new_job(asked), tasks, folds=folds)()
    assert job is not None, "only a key keeps a job from being made"
    return job

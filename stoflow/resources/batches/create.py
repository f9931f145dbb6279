"""Accepting a batch: checked, then the batch, all its jobs and their tasks in one commit."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from stoflow.domain.errors import Conflict, InputError
from stoflow.domain.ids import BatchId, TenantId
from stoflow.domain.outcome import FieldError
from stoflow.marketplaces.contract import Handler
from stoflow.marketplaces.registry import Registry
from stoflow.monitoring.failpoints import failpoint
from stoflow.resources.batches.choosing import check_batch, choose_products, refuse_missing
from stoflow.resources.batches.read import read_batch
from stoflow.resources.batches.views import BatchView, SubmitBatch
from stoflow.resources.jobs.scopes import refuse_ungranted
from stoflow.resources.jobs.submit import may_fold, new_job, plan_tasks
from stoflow.resources.jobs.views import SubmitJob
from stoflow.resources.needs import ChangesJobs
from stoflow.resources.products.stored import products_in
from stoflow.storage.action_types import refuse_unknown_action
from stoflow.storage.database.session import Records
from stoflow.storage.engine.batches import (
    KeyedBatch,
    NewBatch,
    find_batch_by_key,
    insert_batch,
    insert_jobs,
)
from stoflow.storage.engine.change import cancel_waiting
from stoflow.storage.engine.submit import lock_products
from stoflow.storage.engine.traces import keep_trace
from stoflow.storage.tenants.quotas import refuse_more_jobs


def create_batch(needs: ChangesJobs, tenant: TenantId, asked: SubmitBatch) -> tuple[BatchView, bool]:
    """Return the batch, and whether it was made now (False: the idempotency key had made it before).

    Raise InputError naming each bad field or missing product, Conflict for what the seller did not grant, QuotaExceeded
    where it is more than may be asked for today.
    """
    handler = check_batch(needs.registry, asked)
    products = choose_products(products_in(needs.database), tenant, asked)
    key = _key(asked)
    failpoint("submit.before")
    with needs.database.records() as connection:
        known = find_batch_by_key(connection, tenant, key) if asked.job.idempotency_key else None
        batch = (
            _same(known, asked) if known else _made(connection, needs.registry, handler, tenant, asked, products, key)
        )
        view = read_batch(connection, tenant, batch)
    failpoint("submit.after")
    if known is None:
        needs.announced()
    return view, known is None


def _made(
    connection: Records,
    registry: Registry,
    handler: Handler,
    tenant: TenantId,
    asked: SubmitBatch,
    products: Sequence[int],
    key: str,
) -> BatchId:
    one = replace(asked.job, action=handler.action)  # by its code from here on
    refuse_ungranted(connection, registry, tenant, one)
    held = lock_products(connection, tenant, *products)
    refuse_missing(asked, products, held)
    batch = insert_batch(connection, tenant, _new_batch(key, asked, one, len(products)))
    if batch is None:
        raise Conflict("Another request with this Idempotency-Key is under way.")
    if overtaken := registry.action(one.marketplace, one.action).overtakes:
        cancel_waiting(connection, tenant, products=products, marketplace=one.marketplace, actions=overtaken)
    images = {product: held[product].images for product in products}
    tasks = {number: plan_tasks(handler, number) for number in set(images.values())}
    keep_trace(connection)
    folds = all(may_fold(registry, one.marketplace, plan) for plan in tasks.values())
    if not insert_jobs(connection, tenant, batch, new_job(one), images, tasks, folds=folds):
        refuse_more_jobs(connection, tenant, len(products))
        refuse_unknown_action(connection, one.marketplace, one.action)
        raise Conflict("The quota of jobs changed just now: please ask again.")
    return batch


def _new_batch(key: str, asked: SubmitBatch, one: SubmitJob, total: int) -> NewBatch:
    return NewBatch(
        key=key,
        name=asked.name,
        digest=one.idempotency_digest,
        marketplace=one.marketplace,
        action=one.action,
        total=total,
        priority=one.priority,
    )


def _key(asked: SubmitBatch) -> str:
    """Return the batch's unique name: made from a caller's key, which may be longer than the column, or of its own."""
    if asked.job.idempotency_key is None:
        return uuid4().hex
    return f"key:{hashlib.sha256(asked.job.idempotency_key.encode()).hexdigest()}"


def _same(known: KeyedBatch, asked: SubmitBatch) -> BatchId:
    if known.digest != (asked.job.idempotency_digest or ""):
        message = "This Idempotency-Key was used with another body."
        raise InputError(message, (FieldError("Idempotency-Key", message),))
    return known.id

"""Accepting a job: checked, then its row, tasks and announcement in one commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from stoflow.domain.errors import Conflict, InputError, NotFound
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import TaskPlan
from stoflow.domain.outcome import FieldError
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.contract import Handler
from stoflow.marketplaces.payloads import payload_errors
from stoflow.marketplaces.registry import Registry
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.traces import span
from stoflow.resources.jobs.read import read_seen, view_of
from stoflow.resources.jobs.scopes import refuse_ungranted
from stoflow.resources.jobs.views import JobView, SubmitJob
from stoflow.resources.needs import ChangesJobs, ReadsJobs
from stoflow.storage.action_types import ActionNotKnown, refuse_unknown_action
from stoflow.storage.database.session import Database
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.change import cancel_waiting
from stoflow.storage.engine.reads.job_views import SeenJob
from stoflow.storage.engine.submit import KeyedJob, NewJob, find_by_key, insert_job, lock_products
from stoflow.storage.engine.traces import keep_trace
from stoflow.storage.tenants.quotas import refuse_more_jobs

Answer = TypeVar("Answer")
PRIORITIES = range(1, 5)
CALLERS = "/"  # begins the keys that callers give, as no name of a marketplace does


def submit_job(needs: ChangesJobs, tenant: TenantId, asked: SubmitJob) -> tuple[JobView, bool]:
    """Make the job, unless its key has made it before: return it as its commit leaves it, and whether it was made now.

    Raise as `submit`, and QuotaExceeded where no job may be asked for any more today.
    """

    def seen(connection: Transaction, job: Callable[[], JobId]) -> Callable[[], SeenJob]:
        found = read_seen(connection, tenant, job())
        return lambda: found

    after, made = _committed(needs.database, needs.registry, tenant, asked, seen, is_counted=True)
    if made:
        needs.announced()
    return view_of(after, tenant, needs), made


def submit_within(connection: Transaction, needs: ReadsJobs, tenant: TenantId, asked: SubmitJob) -> JobView:
    """Make the job in a transaction that its owner commits, or does not: then it has never been. Raise as `submit_job`.

    Where there is a quota of jobs a day, others of the tenant wait until that commit.
    """
    handler = check_job(needs.registry, asked)
    asked = replace(asked, action=handler.action)
    known = _known(connection, needs.registry, tenant, asked)
    made = partial(_made, connection, needs.registry, handler, tenant, asked)
    job = known or made(only_sold_out=False, is_counted=True)
    return view_of(read_seen(connection, tenant, job()), tenant, needs)


def submit(
    database: Database, registry: Registry, tenant: TenantId, asked: SubmitJob, *, only_sold_out: bool = False
) -> tuple[JobId, bool]:
    """Return the job's id, and whether it was made now (False: the idempotency key had made it before).

    Raise InputError naming each bad field, NotFound for an unknown product, Conflict for what the seller did not grant;
    with `only_sold_out`, Conflict where some of the product are left. DatabaseNotPrepared where the database has not
    been told of the action.
    """
    return _committed(database, registry, tenant, asked, lambda _, job: job, only_sold_out=only_sold_out)


def _committed(
    database: Database,
    registry: Registry,
    tenant: TenantId,
    asked: SubmitJob,
    then: Callable[[Transaction, Callable[[], JobId]], Callable[[], Answer]],
    *,
    only_sold_out: bool = False,
    is_counted: bool = False,
) -> tuple[Answer, bool]:
    """Return what `then` makes of the job before the commit and fetches after it, and whether the job was made now."""
    handler = check_job(registry, asked)
    asked = replace(asked, action=handler.action)  # by its code from here on
    failpoint("submit.before")
    with (
        span(f"submit {asked.action}", stoflow__marketplace=asked.marketplace),
        database.planned_records() as connection,
    ):
        known = _known(connection, registry, tenant, asked)
        made = partial(_made, connection, registry, handler, tenant, asked)
        answer = then(connection, known or made(only_sold_out=only_sold_out, is_counted=is_counted))
    failpoint("submit.after")
    return answer(), known is None


def _known(
    connection: Transaction, registry: Registry, tenant: TenantId, asked: SubmitJob
) -> Callable[[], JobId] | None:
    """Return what tells the job that the key has made before."""
    if asked.idempotency_key is None:
        return None
    known = find_by_key(connection, tenant, (_key(asked), *_keys_of_before(registry, asked)))
    job = _same(known, asked) if known else None
    return (lambda: job) if job else None


def _made(
    connection: Transaction,
    registry: Registry,
    handler: Handler,
    tenant: TenantId,
    asked: SubmitJob,
    *,
    only_sold_out: bool,
    is_counted: bool,
) -> Callable[[], JobId]:
    """Make the job; return what tells its id: at the latest with the commit, one that is counted before it."""
    if not only_sold_out:  # what is sold out waits for the grant rather than being forgotten
        refuse_ungranted(connection, registry, tenant, asked)
    images: int | None = None
    if asked.product_id is not None:
        images = _held_images(connection, registry, tenant, asked, asked.product_id, only_sold_out=only_sold_out)
    tasks = plan_tasks(handler, images)
    keep_trace(connection)
    folds = may_fold(registry, asked.marketplace, tasks)
    inserted = insert_job(connection, tenant, new_job(asked), tasks, is_counted=is_counted, folds=folds)
    if asked.idempotency_key is None:
        told = partial(_inserted, inserted, connection, tenant, asked)
        return told if is_counted else partial(_uncounted, inserted, asked)
    job = _inserted(inserted, connection, tenant, asked)  # where it is not made nothing else may stand
    return lambda: job


def _uncounted(inserted: Callable[[], JobId | None], asked: SubmitJob) -> JobId:
    """Return the job, which neither a quota nor a key can have kept from being made."""
    job = inserted()
    if job is None:
        raise ActionNotKnown(asked.marketplace, asked.action)
    return job


def _inserted(
    inserted: Callable[[], JobId | None], connection: Transaction, tenant: TenantId, asked: SubmitJob
) -> JobId:
    """Return the job; raise QuotaExceeded where it was one too many, Conflict where another one took its key."""
    job = inserted()
    if job is None:
        refuse_more_jobs(connection, tenant, 1)
        refuse_unknown_action(connection, asked.marketplace, asked.action)
        message = "Another request with this Idempotency-Key is under way."
        raise Conflict(message)
    return job


def _held_images(
    connection: Transaction,
    registry: Registry,
    tenant: TenantId,
    asked: SubmitJob,
    product: int,
    *,
    only_sold_out: bool,
) -> int:
    """Hold the product until the commit and take back what this job overtakes; return how many photos it has."""
    found = lock_products(connection, tenant, product).get(product)
    if found is None:
        message = f"There is no product {product}."
        raise NotFound(message)
    if only_sold_out and found.quantity > 0:
        message = f"Product {product} is there again."
        raise Conflict(message)
    overtaken = registry.action(asked.marketplace, asked.action).overtakes
    if overtaken:
        cancel_waiting(connection, tenant, products=[product], marketplace=asked.marketplace, actions=overtaken)
    return found.images


def check_job(registry: Registry, asked: SubmitJob) -> Handler:
    """Return who does what is asked; raise InputError naming each bad field."""
    errors: list[FieldError] = []
    try:
        handler = registry.handler(asked.marketplace, asked.action)
    except ValueError as error:
        raise InputError(str(error), (FieldError("action_type", f"{error}{_there_are(registry, asked)}"),)) from error
    if asked.product_id is None and handler.action in registry.marketplace(asked.marketplace).products:
        errors.append(FieldError("product_id", f"{asked.action} needs a product."))
    if asked.priority is not None and asked.priority not in PRIORITIES:
        errors.append(FieldError("priority", "The priority is 1 (critical), 2 (high), 3 (normal) or 4 (low)."))
    if asked.expires_at is not None and asked.expires_at <= datetime.now(UTC):
        errors.append(FieldError("expires_at", "This time has passed."))
    errors.extend(_payload_errors(registry, handler, asked.payload))
    if errors:
        message = "The job was not accepted."
        raise InputError(message, tuple(errors))
    return handler


def _payload_errors(registry: Registry, handler: Handler, payload: Mapping[str, Any]) -> tuple[FieldError, ...]:
    model = registry.action(handler.marketplace, handler.action).payload
    return payload_errors(model, payload) or handler.payload_errors(payload)


def _there_are(registry: Registry, asked: SubmitJob) -> str:
    names = registry.names(asked.marketplace)
    return f"; there are {', '.join(names)}" if names else ""


def _key(asked: SubmitJob) -> str:
    """Return how the key is kept: a caller's own is one for all marketplaces, a reason of our own is of one."""
    if _is_callers(asked):
        return f"{CALLERS}{asked.idempotency_key}"
    return f"{asked.marketplace}:{asked.idempotency_key}"


def _keys_of_before(registry: Registry, asked: SubmitJob) -> Sequence[str]:
    """Return how a release before this one, which may still run, keeps a caller's key."""
    return [f"{name}:{asked.idempotency_key}" for name in registry.marketplaces] if _is_callers(asked) else ()


def _is_callers(asked: SubmitJob) -> bool:
    return bool(asked.idempotency_digest)


def _same(known: KeyedJob, asked: SubmitJob) -> JobId:
    if known.marketplace != asked.marketplace:
        message = f"This Idempotency-Key was used for {known.marketplace}: give another one for {asked.marketplace}."
        raise Conflict(message, (FieldError("Idempotency-Key", message),))
    if known.digest != (asked.idempotency_digest or ""):
        message = "This Idempotency-Key was used with another body."
        raise InputError(message, (FieldError("Idempotency-Key", message),))
    return known.job


def new_job(asked: SubmitJob) -> NewJob:
    return NewJob(
        marketplace=asked.marketplace,
        action=asked.action,
        product=asked.product_id,
        priority=asked.priority,
        payload=dict(asked.payload),
        expires_at=asked.expires_at,
        not_before=asked.not_before,
        key=_key(asked) if asked.idempotency_key is not None else None,
        digest=asked.idempotency_digest or "",
        request_id=asked.request_id or None,
    )


def may_fold(registry: Registry, marketplace: str, tasks: Sequence[TaskPlan]) -> bool:
    """Say whether a job of these tasks is kept as one row while all goes well: all of it is known, and no plugin acts,
    whose commands are of a task's row."""
    return len(tasks) > 1 and not registry.marketplace(marketplace).by_plugin


def plan_tasks(handler: Handler, images: int | None) -> Sequence[TaskPlan]:
    """Return the tasks of a job on a product with so many photos, or on none: they depend on nothing else of it."""
    product = None
    if images is not None:
        photos = tuple(ProductImage(position, "") for position in range(1, images + 1))
        product = Product(id=0, title="", description="", price=None, images=photos)
    return handler.create_tasks(product)

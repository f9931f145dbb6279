"""Accepting a job: checked, then its row, tasks and announcement in one commit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from stoflow.domain.errors import Conflict, InputError, NotFound
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.outcome import FieldError
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.contract import Handler
from stoflow.marketplaces.registry import Registry
from stoflow.monitoring.failpoints import failpoint
from stoflow.resources.jobs.granting import refuse_ungranted
from stoflow.resources.jobs.views import SubmitJob
from stoflow.storage.database.session import Database
from stoflow.storage.engine.change import cancel_waiting
from stoflow.storage.engine.submit import KeyedJob, NewJob, NewTask, find_by_key, insert_job, lock_product

PRIORITIES = range(1, 5)
CALLERS = "/"  # begins the keys that callers give, as no name of a marketplace does


def submit(
    database: Database, registry: Registry, tenant: TenantId, asked: SubmitJob, *, only_sold_out: bool = False
) -> tuple[JobId, bool]:
    """Return the job's id, and whether it was made now (False: the idempotency key had made it before).

    Raise InputError naming each bad field, NotFound for an unknown product, Conflict for what the seller did not grant;
    with `only_sold_out`, Conflict where some of the product are left.
    """
    handler = _checked(registry, asked)
    asked = replace(asked, action=handler.action)  # by its code from here on
    failpoint("submit.before")
    with database.planned_records() as connection:
        if asked.idempotency_key is not None:
            known = find_by_key(connection, tenant, (_key(asked), *_keys_of_before(registry, asked)))
            if known is not None:
                return _same(known, asked), False
        if not only_sold_out:  # what is sold out waits for the grant rather than being forgotten
            refuse_ungranted(connection, registry, tenant, asked)
        images = 0
        if asked.product_id is not None:
            found = lock_product(connection, tenant, asked.product_id)
            if found is None:
                message = f"There is no product {asked.product_id}."
                raise NotFound(message)
            if only_sold_out and found.quantity > 0:
                message = f"Product {asked.product_id} is there again."
                raise Conflict(message)
            images = found.images
            overtaken = registry.action(asked.marketplace, asked.action).overtakes
            if overtaken:
                cancel_waiting(
                    connection, tenant, product=asked.product_id, marketplace=asked.marketplace, actions=overtaken
                )
        inserted = insert_job(connection, tenant, _new_job(asked), _tasks(handler, asked, images))
        # Only a key can keep the job from being made, and then nothing else may stand; else the commit brings the id.
        job = _made(inserted.fetchone()) if asked.idempotency_key is not None else None
    failpoint("submit.after")
    return job or _made(inserted.fetchone()), True


def _made(row: Mapping[str, Any] | None) -> JobId:
    if row is None:
        message = "Another request with this Idempotency-Key is under way."
        raise Conflict(message)
    return JobId(row["id"])


def _checked(registry: Registry, asked: SubmitJob) -> Handler:
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
    errors.extend(handler.payload_errors(asked.payload))
    if errors:
        message = "The job was not accepted."
        raise InputError(message, tuple(errors))
    return handler


def _there_are(registry: Registry, asked: SubmitJob) -> str:
    actions = registry.actions(asked.marketplace)
    return f"; there are {', '.join(actions)}" if actions else ""


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


def _new_job(asked: SubmitJob) -> NewJob:
    return NewJob(
        marketplace=asked.marketplace,
        action=asked.action,
        product_id=asked.product_id,
        priority=asked.priority,
        payload=dict(asked.payload),
        expires_at=asked.expires_at,
        not_before=asked.not_before,
        idempotency_key=_key(asked) if asked.idempotency_key is not None else None,
        idempotency_digest=asked.idempotency_digest or "",
        request_id=asked.request_id or None,
    )


def _tasks(handler: Handler, asked: SubmitJob, images: int) -> list[NewTask]:
    """Which tasks a job has depends on its product only through the number of photos."""
    product = None
    if asked.product_id is not None:
        photos = tuple(ProductImage(position, "") for position in range(1, images + 1))
        product = Product(id=asked.product_id, title="", description="", price=None, images=photos)
    return [NewTask(plan.name, plan.kind.value, plan.paced) for plan in handler.create_tasks(product)]

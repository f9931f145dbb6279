"""What a marketplace would be given of a product, and what is missing: a publication without its calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.errors import InputError
from stoflow.domain.ids import TenantId
from stoflow.domain.job import TaskKind, TaskPlan
from stoflow.domain.outcome import Done, FieldError, Refused
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.contract import Handler, Preview
from stoflow.marketplaces.pricing import Priced, priced
from stoflow.resources.needs import TriesProducts
from stoflow.resources.products.editing import find_product
from stoflow.resources.products.readiness import NO_JOB, PUBLISH, Shop, publishing_marketplaces, shop_of


@dataclass(frozen=True, slots=True)
class ProductPreview:
    """`sent` is what the calls would say, by the step that worked it out; None while something is `missing`.

    `shown` is None of a marketplace that has no words for it, `price` also where there is none. `photos` are those
    that would be sent, of `photos_of` there are.
    """

    marketplace: str
    missing: tuple[FieldError, ...]
    shown: Preview | None
    price: Priced | None
    photos: tuple[ProductImage, ...]
    photos_of: int
    sent: Mapping[str, Any] | None


def preview_product(needs: TriesProducts, tenant: TenantId, product: int, marketplace: str) -> ProductPreview:
    """Return what would be sent of a product; raise NotFound, and InputError where nothing is published there."""
    places = publishing_marketplaces(needs.registry)
    if marketplace not in places:
        message = f"Nothing is published there; choose one of {', '.join(sorted(places))}."
        raise InputError(message, (FieldError("marketplace", message),))
    found = find_product(needs, tenant, product)
    attempt = _attempt(needs, tenant, found, shop_of(needs.database, tenant, marketplace))
    handler = needs.registry.handler(marketplace, PUBLISH)
    plans = handler.create_tasks(found)
    sent = _before_calls(handler, plans, attempt)
    missing = sent if isinstance(sent, tuple) else ()
    shown = _shown(needs, marketplace, attempt)
    return ProductPreview(
        marketplace=marketplace,
        missing=missing,
        shown=shown,
        price=_price(shown, found, attempt),
        photos=found.images[: _photos_in(plans, found)],
        photos_of=len(found.images),
        sent=None if isinstance(sent, tuple) else sent,
    )


def _attempt(needs: TriesProducts, tenant: TenantId, product: Product, shop: Shop) -> Attempt:
    return Attempt(
        tenant=tenant,
        job=NO_JOB,
        task_name="",
        product=product,
        account=shop.account,
        media_root=str(needs.media.root),
        photos=needs.media.elsewhere,
        taxonomy=shop.taxonomy,
    )


def _before_calls(
    handler: Handler, plans: Sequence[TaskPlan], attempt: Attempt
) -> Mapping[str, Any] | tuple[FieldError, ...]:
    """Do what a publication does before its first call; return what that says, or why it goes no further."""
    outputs: dict[str, Mapping[str, Any]] = {}
    for plan in plans:
        step = handler.step(plan.name)
        if step.kind is not TaskKind.INNER:
            break
        outcome = step.do(_at(attempt, plan.name, outputs))
        if isinstance(outcome, Refused):
            return outcome.errors or (FieldError("product", outcome.reason),)
        if isinstance(outcome, Done) and outcome.output:
            outputs[plan.name] = outcome.output
    return outputs


def _at(attempt: Attempt, task_name: str, outputs: Mapping[str, Mapping[str, Any]]) -> Attempt:
    return replace(attempt, task_name=task_name, outputs=dict(outputs))


def _shown(needs: TriesProducts, marketplace: str, attempt: Attempt) -> Preview | None:
    preview = needs.registry.marketplace(marketplace).preview
    return preview(attempt) if preview else None


def _price(shown: Preview | None, product: Product, attempt: Attempt) -> Priced | None:
    found = priced(shown.currency, product, attempt.account) if shown else None
    return found if isinstance(found, Priced) else None


def _photos_in(plans: Sequence[TaskPlan], product: Product) -> int:
    """Return how many photos are sent, each by a task of its own; all where none has one."""
    numbers = [int(number) for plan in plans if (number := plan.name.partition(":")[2])]
    return max(numbers, default=len(product.images))

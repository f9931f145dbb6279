"""Which products a batch is about, and that each may be asked for."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from stoflow.domain.errors import InputError
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import FieldError
from stoflow.marketplaces.contract import Handler
from stoflow.marketplaces.registry import Registry
from stoflow.resources.batches.views import SubmitBatch
from stoflow.resources.jobs.submit import check_job

if TYPE_CHECKING:
    from stoflow.resources.products.store import Products

ANY_PRODUCT = 1
MOST_PRODUCTS = 10_000
MOST_NAMED = 20  # errors of one answer


def check_batch(registry: Registry, asked: SubmitBatch) -> Handler:
    """Return who does what is asked; raise InputError naming each bad field."""
    handler = check_job(registry, replace(asked.job, product_id=ANY_PRODUCT))
    if handler.action not in registry.marketplace(handler.marketplace).products:
        _refuse("action_type", f"{handler.action} is done for the whole account: ask for one job")
    return handler


def choose_products(products: "Products", tenant: TenantId, asked: SubmitBatch) -> Sequence[int]:
    """Return the products that are named or meant; raise InputError for none, too many, or one named twice."""
    if asked.wanted is None:
        named = asked.products or ()
        _refuse_twins(named)
        return named
    found = products.matching(tenant, asked.wanted, limit=MOST_PRODUCTS + 1)
    if not found:
        _refuse("filter", "no product of yours is so")
    if len(found) > MOST_PRODUCTS:
        _refuse("filter", f"more than {MOST_PRODUCTS:,} products are so: name something more of them")
    return found


def refuse_missing(asked: SubmitBatch, chosen: Sequence[int], found: Collection[int]) -> None:
    """Raise InputError naming the products that there are not."""
    missing = [(place, product) for place, product in enumerate(chosen) if product not in found]
    if missing:
        errors = tuple(
            FieldError(f"product_ids.{place}" if asked.wanted is None else "filter", f"There is no product {product}.")
            for place, product in missing[:MOST_NAMED]
        )
        raise InputError(f"Of {len(chosen):,} products {len(missing):,} are not there.", errors)


def _refuse_twins(named: Sequence[int]) -> None:
    seen: set[int] = set()
    for place, product in enumerate(named):
        if product in seen:
            _refuse(f"product_ids.{place}", f"product {product} is named twice")
        seen.add(product)


def _refuse(field: str, message: str) -> None:
    raise InputError("The batch was not accepted.", (FieldError(field, message),))

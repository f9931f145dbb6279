"""Reading what syncs and orders jobs have seen of an account."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stoflow.domain.errors import InputError
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import FieldError
from stoflow.domain.page import Page
from stoflow.resources.needs import Reads
from stoflow.storage.engine.reads.observed import ListingView as ListingView
from stoflow.storage.engine.reads.observed import OrderName as OrderName
from stoflow.storage.engine.reads.observed import OrderView as OrderView
from stoflow.storage.engine.reads.observed import view_listings, view_orders

EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class ListingFilter:
    """Which listings; None is any. `linked` says whether StoFlow knows the product."""

    marketplace: str
    state: str | None = None
    linked: bool | None = None
    limit: int = 50
    cursor: str | None = None


def list_listings(needs: Reads, tenant: TenantId, wanted: ListingFilter) -> Page[ListingView]:
    """Return one page of listings, by their ids."""
    with needs.database.reading() as connection:
        found = view_listings(
            connection,
            tenant,
            marketplace=wanted.marketplace,
            state=wanted.state,
            linked=wanted.linked,
            after=wanted.cursor,
            limit=wanted.limit + 1,
        )
    items = tuple(found[: wanted.limit])
    return Page(items, items[-1].external_id if len(found) > wanted.limit else None)


def list_orders(needs: Reads, tenant: TenantId, marketplace: str, limit: int, cursor: str | None) -> Page[OrderView]:
    """Return one page of orders, last learned of first; raise InputError for a cursor no list gave."""
    at, before = _position(cursor) if cursor else (None, None)
    with needs.database.reading() as connection:
        found = view_orders(connection, tenant, marketplace=marketplace, at=at, before=before, limit=limit + 1)
    shown = tuple(found[:limit])
    return Page(shown, _cursor(shown[-1]) if len(found) > limit else None)


def _cursor(last: OrderView) -> str:
    return f"{(last.created_at - EPOCH) // timedelta(microseconds=1)}:{last.external_id}"


def _position(cursor: str) -> tuple[int, str]:
    at, _, external_id = cursor.partition(":")
    if not (at.isascii() and at.isdigit() and len(at) <= 18 and external_id):  # noqa: PLR2004  a bigint
        message = "This cursor was not made by this list."
        raise InputError(message, (FieldError("cursor", message),))
    return int(at), external_id

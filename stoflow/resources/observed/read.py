"""Reading what syncs and orders jobs have seen of an account."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from stoflow.domain.errors import InputError
from stoflow.domain.ids import TenantId
from stoflow.domain.observed import OrderLine
from stoflow.domain.outcome import FieldError
from stoflow.domain.page import Page
from stoflow.storage.database.session import Database
from stoflow.storage.engine.reads.observed import view_listings, view_orders


@dataclass(frozen=True, slots=True)
class ListingFilter:
    """Which listings; None is any. `linked` says whether StoFlow knows the product."""

    marketplace: str
    state: str | None = None
    linked: bool | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ListingView:
    """A listing as the marketplace showed it last. `edited_at`: when it was first seen changed by others."""

    external_id: str
    product_id: int | None
    state: str
    title: str
    price: Decimal | None
    currency: str
    quantity: int
    url: str
    sku: str
    first_seen_at: datetime
    seen_at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderName:
    """Which order, and when it was made by the marketplace's own time."""

    marketplace: str
    order_id: str
    ordered_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as it was seen last; nothing of a cancelled one counts, so it may have no lines.

    `shares_with` are earlier orders for the same pieces, of which there were too few for this one too.
    """

    external_id: str
    state: str
    ordered_at: datetime | None
    total: Decimal | None
    currency: str
    lines: tuple[OrderLine, ...]
    created_at: datetime
    updated_at: datetime
    shares_with: tuple[OrderName, ...] = ()


def list_listings(database: Database, tenant: TenantId, wanted: ListingFilter) -> Page[ListingView]:
    """Return one page of listings, by their ids."""
    with database.records() as connection:
        rows = view_listings(
            connection,
            tenant,
            marketplace=wanted.marketplace,
            state=wanted.state,
            linked=wanted.linked,
            after=wanted.cursor,
            limit=wanted.limit + 1,
        )
    items = tuple(ListingView(**row) for row in rows[: wanted.limit])
    return Page(items, items[-1].external_id if len(rows) > wanted.limit else None)


def list_orders(
    database: Database, tenant: TenantId, marketplace: str, limit: int, cursor: str | None
) -> Page[OrderView]:
    """Return one page of orders, last learned of first; raise InputError for a cursor no list gave."""
    at, before = _position(cursor) if cursor else (None, None)
    with database.records() as connection:
        rows = view_orders(connection, tenant, marketplace=marketplace, at=at, before=before, limit=limit + 1)
    shown = rows[:limit]
    following = f"{shown[-1]['at']}:{shown[-1]['external_id']}" if len(rows) > limit else None
    return Page(tuple(map(_order, shown)), following)


def _position(cursor: str) -> tuple[int, str]:
    at, _, external_id = cursor.partition(":")
    if not (at.isascii() and at.isdigit() and len(at) <= 18 and external_id):  # noqa: PLR2004  a bigint
        message = "This cursor was not made by this list."
        raise InputError(message, (FieldError("cursor", message),))
    return int(at), external_id


def _order(row: Mapping[str, Any]) -> OrderView:
    return OrderView(
        external_id=row["external_id"],
        state=row["state"],
        ordered_at=row["ordered_at"],
        total=row["total"],
        currency=row["currency"],
        lines=tuple(_line(line) for line in row["lines"] or ()),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        shares_with=tuple(map(_order_name, row["shares_with"] or ())),
    )


def _order_name(row: Mapping[str, Any]) -> OrderName:
    ordered_at = datetime.fromisoformat(row["ordered_at"]) if row["ordered_at"] else None
    return OrderName(row["marketplace"], row["order_id"], ordered_at)


def _line(row: Mapping[str, Any]) -> OrderLine:
    amount = Decimal(row["amount"]) if row["amount"] is not None else None
    return OrderLine(
        line_id=row["line_id"],
        listing_id=row["listing_id"],
        quantity=row["quantity"],
        title=row["title"],
        sku=row["sku"],
        amount=amount,
        product=row["product_id"],
    )

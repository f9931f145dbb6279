"""What a marketplace shows of a seller, page by page: their listings, and what was bought of them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

NAMED = frozenset({"unread", "oversales", "gone", "unknown_states", "warnings"})
"""The lists in tasks' outputs of which each thing is named: in the job's result, the timeline and the log."""


class ListingState(StrEnum):
    FOR_SALE = "for_sale"
    SOLD = "sold"
    HIDDEN = "hidden"  # there, but no buyer finds it: a draft, deactivated, expired


@dataclass(frozen=True, slots=True)
class ObservedListing:
    """A listing as the marketplace shows it, StoFlow's or not.

    `product` is the id in the listing's own SKU, where that is one of ours for this tenant; else None.
    """

    external_id: str
    state: ListingState
    title: str = ""
    price: Decimal | None = None
    currency: str = ""
    quantity: int = 1
    url: str = ""
    sku: str = ""
    product: int | None = None


@dataclass(frozen=True, slots=True)
class ListingsSeen:
    """What one task of a sync learned. `then` names the task that follows, which is made with this record.

    `gone` are ids that were asked for one by one and of which the marketplace has none. `complete` says that every
    page was seen: those of StoFlow's listings that none of them showed are put into the task's output under
    `missing`, as [{"external_id", "product"}], for the next task to ask for. The output counts what is `new`,
    `changed` by others, `linked` to its product, `sold`, `vanished`.
    """

    then: str
    listings: tuple[ObservedListing, ...] = ()
    gone: tuple[str, ...] = ()
    complete: bool = False


class OrderState(StrEnum):
    """Each but CANCELLED takes what was bought off sale."""

    UNPAID = "unpaid"
    PAID = "paid"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One thing bought; `line_id` is unique within its order. `product` as in ObservedListing."""

    line_id: str
    listing_id: str
    quantity: int = 1
    title: str = ""
    sku: str = ""
    amount: Decimal | None = None
    product: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Nothing of the buyer is kept."""

    external_id: str
    state: OrderState
    lines: tuple[OrderLine, ...]
    ordered_at: datetime | None = None
    total: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class OrdersSeen:
    """What one page of orders brought. `then` names the task that follows, which is made with this record.

    An order is counted once, however often it is seen. `complete` says that every page since the last complete run
    was seen. The output counts `orders` that are new, products `sold` out by them, products `oversold` (more was
    bought than was left), and lines of things `unknown` to StoFlow. It names under `oversales` each order of the latter
    that came too late, as [{"product_id", "title", "marketplace", "order_id", "ordered_at", "with": [{"marketplace",
    "order_id", "ordered_at"}]}].
    """

    then: str
    orders: tuple[Order, ...] = ()
    complete: bool = False

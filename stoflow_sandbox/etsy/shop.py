"""What one Etsy seller has: a shop, its profiles, its listings, and what was bought."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from stoflow_sandbox.calls import Effect
from stoflow_sandbox.clock import Clock

PRICE_DIVISOR = 100
LISTING_LIFE_S = 120 * 24 * 3600
SAME_FOR_ALL: Mapping[str, Any] = {
    "featured_rank": -1,
    "is_customizable": False,
    "is_personalizable": False,
    "is_private": False,
    "is_taxable": True,
    "language": "fr",
    "listing_type": "physical",
    "non_taxable": False,
    "num_favorers": 0,
    "processing_max": None,
    "processing_min": None,
    "shop_section_id": None,
}
BELONGINGS = ("shipping_profile_id", "return_policy_id", "readiness_state_id")
MARKER = re.compile(r"[A-Za-z0-9_:.-]{8,80}")


@dataclass(slots=True)
class Listing:
    """`fields` are what the seller set; `marker` is the description it was made with, where that is no prose."""

    listing_id: int
    fields: dict[str, Any]
    created_at: int
    state: str = "draft"
    marker: str = ""
    images: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    products: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    on_property: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    changed_at: int = 0

    @property
    def sku(self) -> str:
        """The SKU of its first product, which only an inventory update can give."""
        return next((str(product["sku"]) for product in self.products if product.get("sku")), "")

    def take(self, quantity: int) -> None:
        """Take what was bought off sale: from the listing, and from the offerings that have some."""
        self.fields["quantity"] -= quantity
        for offering in self._offerings():
            taken = min(quantity, offering["quantity"])
            offering["quantity"] -= taken
            quantity -= taken

    def renew(self) -> None:
        """Bring one piece back on sale, as making a sold-out listing active does."""
        self.fields["quantity"] = 1
        for number, offering in enumerate(self._offerings()):
            offering["quantity"] = int(number == 0)

    def set_price(self, price: Mapping[str, Any]) -> None:
        """Give every offering the price the listing has."""
        for offering in self._offerings():
            offering["price"] = price

    def _offerings(self) -> Iterator[dict[str, Any]]:
        return (offering for product in self.products for offering in product["offerings"])

    def effect(self) -> Effect:
        """Return what the ledger should remember of it."""
        return Effect(
            listing_id=str(self.listing_id),
            sku=self.sku,
            marker=self.marker,
            state=self.state,
            title=str(self.fields["title"]),
        )


@dataclass(slots=True)
class Receipt:
    """One purchase of one listing; `price` is that of one piece."""

    receipt_id: int
    transaction_id: int
    listing_id: int
    title: str
    sku: str
    product_id: int | None
    quantity: int
    price: float
    created_at: int
    changed_at: int
    status: str = "paid"
    is_paid: bool = True
    is_shipped: bool = False


@dataclass(slots=True)
class Shop:
    """One seller's shop; ids are Etsy's integers.

    Quirks of Etsy's, where they are wished for: lists that repeat listings, counted twice; a denial where there is
    nothing to list; and batches that leave out what there is not, instead of denying all.
    """

    user_id: int
    shop_id: int
    name: str
    currency: str
    shipping_profile_id: int
    return_policy_id: int
    readiness_state_id: int
    clock: Clock
    repeats_listings: bool = False
    denies_empty_lists: bool = False
    omits_unknown_listings: bool = False
    listings: dict[int, Listing] = field(default_factory=dict[int, Listing])
    receipts: dict[int, Receipt] = field(default_factory=dict[int, Receipt])
    more: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def now_s(self) -> int:
        """Return the time in Etsy's whole seconds."""
        return int(self.clock())

    def all_of(self, setting: str) -> list[int]:
        """Return the numbers of what a setting names: the one every shop has, and those it has besides."""
        first = {
            "shipping_profile_id": self.shipping_profile_id,
            "return_policy_id": self.return_policy_id,
            "readiness_state_id": self.readiness_state_id,
        }
        return [first[setting], *self.more.get(setting, [])]


def money(amount: float, currency: str) -> Mapping[str, Any]:
    """Return a price as Etsy shows it."""
    cents = int((Decimal(str(amount)) * PRICE_DIVISOR).to_integral_value())
    return {"amount": cents, "divisor": PRICE_DIVISOR, "currency_code": currency}


def listing_json(shop: Shop, listing: Listing) -> dict[str, Any]:
    """Return a listing as getListing shows it."""
    fields = listing.fields
    return {
        **SAME_FOR_ALL,
        "style": [],
        "listing_id": listing.listing_id,
        "user_id": shop.user_id,
        "shop_id": shop.shop_id,
        "title": fields["title"],
        "description": fields["description"],
        "state": listing.state,
        "creation_timestamp": listing.created_at,
        "created_timestamp": listing.created_at,
        "ending_timestamp": listing.created_at + LISTING_LIFE_S,
        "original_creation_timestamp": listing.created_at,
        "last_modified_timestamp": listing.changed_at,
        "updated_timestamp": listing.changed_at,
        "state_timestamp": listing.changed_at,
        "quantity": fields["quantity"],
        "url": f"https://www.etsy.com/listing/{listing.listing_id}",
        "tags": fields.get("tags", []),
        "materials": fields.get("materials", []),
        "shipping_profile_id": fields.get("shipping_profile_id"),
        "return_policy_id": fields.get("return_policy_id"),
        "who_made": fields["who_made"],
        "when_made": fields["when_made"],
        "is_supply": fields.get("is_supply", False),
        "has_variations": len(listing.products) > 1,
        "should_auto_renew": fields.get("should_auto_renew", False),
        "price": money(fields["price"], shop.currency),
        "taxonomy_id": fields["taxonomy_id"],
        "readiness_state_id": fields.get("readiness_state_id"),
    }


def marker_in(description: str) -> str:
    """Return the description where it is one word that only a program writes."""
    return description if MARKER.fullmatch(description) else ""

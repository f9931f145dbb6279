"""What one eBay seller has: locations, policies, inventory items, offers, and what was bought of them."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stoflow_sandbox.clock import Clock
from stoflow_sandbox.ebay.errors import refusal

MARKETPLACES: Mapping[str, tuple[str, str]] = {
    "EBAY_FR": ("EUR", "fr-FR"),
    "EBAY_DE": ("EUR", "de-DE"),
    "EBAY_IT": ("EUR", "it-IT"),
    "EBAY_ES": ("EUR", "es-ES"),
    "EBAY_GB": ("GBP", "en-GB"),
    "EBAY_US": ("USD", "en-US"),
}
PUBLISHED = "PUBLISHED"
UNPUBLISHED = "UNPUBLISHED"
ACTIVE = "ACTIVE"
OUT_OF_STOCK = "OUT_OF_STOCK"
NOT_STARTED = "NOT_STARTED"
FULFILLED = "FULFILLED"


@dataclass(slots=True)
class Offer:
    """`body` is what the seller sent, `listing_id` empty while it is not published.

    `ended` is the status of a listing that ended though its offer is still published, else "".
    """

    offer_id: str
    sku: str
    body: dict[str, Any]
    listing_id: str = ""
    ended: str = ""
    sold: int = 0

    @property
    def status(self) -> str:
        """PUBLISHED while it has a listing."""
        return PUBLISHED if self.listing_id else UNPUBLISHED

    @property
    def key(self) -> tuple[str, str, str]:
        """What eBay keeps unique."""
        return self.sku, str(self.body["marketplaceId"]), str(self.body["format"])


@dataclass(frozen=True, slots=True)
class Sale:
    """One order of one line. `state` is paid, unpaid, shipped or cancelled; times are epoch seconds."""

    order_id: str
    line_id: str
    offer_id: str
    listing_id: str
    sku: str
    title: str
    quantity: int
    price: str
    currency: str
    marketplace_id: str
    state: str
    created_at: float
    changed_at: float

    @property
    def fulfillment_status(self) -> str:
        """How much of the order was sent."""
        return FULFILLED if self.state == "shipped" else NOT_STARTED


@dataclass(frozen=True, slots=True)
class Quirks:
    """What eBay may do, chosen when a seller is made.

    `repeated_items` is how many items of the page before a page of them begins with. After `revisions_a_day` of one
    listing, it is refused with `revision_error`: the contract states the limit, and lists several reasons under 25019.
    `standard_values` are what eBay puts in the place of values of item specifics, and `warnings` the ids of those that
    come with every success of an operation.
    """

    repeated_items: int = 0
    revisions_a_day: int = 250
    revision_error: int = 25019
    standard_values: Mapping[str, str] = field(default_factory=dict[str, str])
    warnings: Mapping[str, Sequence[int]] = field(default_factory=dict[str, Sequence[int]])


@dataclass(slots=True)
class Shop:
    """One seller's inventory. Policies by kind, then id; sales by the order's id, oldest first."""

    seller_id: str
    clock: Clock
    quirks: Quirks = field(default_factory=Quirks)
    locations: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    policies: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict[str, dict[str, dict[str, Any]]])
    items: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    offers: dict[str, Offer] = field(default_factory=dict[str, Offer])
    sales: dict[str, Sale] = field(default_factory=dict[str, Sale])
    revisions: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])  # by listing and day

    def offers_of(self, sku: str) -> list[Offer]:
        """Return the offers made for one SKU."""
        return [offer for offer in self.offers.values() if offer.sku == sku]

    def title_of(self, sku: str) -> str:
        """Return the title of an item, "" where it has none."""
        return str((self.items.get(sku, {}).get("product") or {}).get("title", ""))

    def available(self, offer: Offer) -> int:
        """Return how many a buyer can have: the lesser of what the item and the offer say."""
        availability = self.items.get(offer.sku, {}).get("availability", {})
        stock = availability.get("shipToLocationAvailability", {}).get("quantity", 0)
        return min(stock, offer.body.get("availableQuantity", stock))

    def listing_status(self, offer: Offer) -> str:
        """Return the status of the listing of a published offer."""
        return offer.ended or (ACTIVE if self.available(offer) else OUT_OF_STOCK)

    def offer_json(self, offer: Offer) -> dict[str, Any]:
        """Return the offer as getOffer shows it."""
        shown = {**offer.body, "offerId": offer.offer_id, "sku": offer.sku, "status": offer.status}
        if offer.listing_id:
            shown["listing"] = {
                "listingId": offer.listing_id,
                "listingStatus": self.listing_status(offer),
                "soldQuantity": offer.sold,
                "listingOnHold": False,
            }
        return shown

    def revise(self, offer: Offer) -> None:
        """Count a change of what buyers see; refuse it where the listing was changed too often today."""
        today = offer.listing_id, time.strftime("%Y-%m-%d", time.gmtime(self.clock()))
        if self.revisions[today] >= self.quirks.revisions_a_day:
            raise refusal(400, self.quirks.revision_error, additionalInfo="Revised too often today.")
        self.revisions[today] += 1

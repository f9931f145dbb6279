"""What one eBay seller has: locations, policies, inventory items, offers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(slots=True)
class Offer:
    """`body` is what the seller sent, `listing_id` empty while nothing is for sale."""

    offer_id: str
    sku: str
    body: dict[str, Any]
    listing_id: str = ""

    @property
    def status(self) -> str:
        """PUBLISHED while buyers see it."""
        return PUBLISHED if self.listing_id else UNPUBLISHED

    @property
    def key(self) -> tuple[str, str, str]:
        """What eBay keeps unique."""
        return self.sku, str(self.body["marketplaceId"]), str(self.body["format"])

    def as_json(self) -> dict[str, Any]:
        """Return the offer as getOffer shows it."""
        shown = {**self.body, "offerId": self.offer_id, "sku": self.sku, "status": self.status}
        if self.listing_id:
            shown["listing"] = {
                "listingId": self.listing_id,
                "listingStatus": "ACTIVE",
                "soldQuantity": 0,
                "listingOnHold": False,
            }
        return shown


@dataclass(slots=True)
class Shop:
    """One seller's inventory. Policies by kind, then id."""

    locations: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    policies: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict[str, dict[str, dict[str, Any]]])
    items: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    offers: dict[str, Offer] = field(default_factory=dict[str, Offer])

    def offers_of(self, sku: str) -> list[Offer]:
        """Return the offers made for one SKU."""
        return [offer for offer in self.offers.values() if offer.sku == sku]

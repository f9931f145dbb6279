"""A product as the marketplaces' services see it: a frozen snapshot of one row of `products` and its images."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2s
from typing import Any


@dataclass(frozen=True, slots=True)
class ProductImage:
    """One photo: `path` is that of a file below STOFLOW_HOME/media, `position` starts at 1."""

    position: int
    path: str


@dataclass(frozen=True, slots=True)
class SentPhoto:
    """A photo as a marketplace has it: `name` is what it is called there, an id or an address.

    `fingerprint` is of the file it was made from.
    """

    fingerprint: str
    name: str


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product before it has an id, as an import or a form brings it.

    Attribute values are StoFlow's own names (`product_attributes`) or the seller's words, untidy as life.
    `condition` is a note from 0 (worn out) to 10 (new with tags); None where unknown. `currency` is ISO 4217.
    `sku` is the seller's own key, `external_id` what the seller's file or other tool calls it, "" where there is
    none; `metadata` is the seller's: a mapping may read it.
    """

    title: str
    description: str
    price: Decimal | None
    currency: str = "EUR"
    category: str = ""
    brand: str = ""
    condition: int | None = None
    size: str = ""
    colors: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    gender: str = ""
    season: str = ""
    fit: str = ""
    quantity: int = 1
    who_made: str = ""  # what the seller declares, never made up
    when_made: str = ""
    images: tuple[ProductImage, ...] = ()
    sku: str = ""
    external_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)


@dataclass(frozen=True, slots=True)
class Product(NewProduct):
    """The same once it is stored."""

    id: int = field(kw_only=True)


MOST_PIECES = 1_000_000
"""So many of a product can be told of it, whoever tells."""

PRICE_AND_STOCK = frozenset({"price", "currency", "quantity"})


@dataclass(frozen=True, slots=True)
class ProductListing:
    """Where a product is on one marketplace; not `visible` is a draft there, or one that buyers no longer see."""

    marketplace: str
    external_id: str
    visible: bool
    url: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class GivenProduct:
    """A product as a file gives it from its line on; fields that are not `named` stay as they are."""

    product: NewProduct
    named: frozenset[str]
    line: int

    @property
    def digest(self) -> str:
        """What stands for a key where the file gives none: all that it says of the product but price and stock."""
        if self.product.sku or self.product.external_id:
            return ""
        said = [(name, getattr(self.product, name)) for name in sorted(self.named - PRICE_AND_STOCK)]
        return blake2s(repr(said).encode(), digest_size=16).hexdigest()


class Fate(StrEnum):
    """What became of a product that was given."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Stored:
    """`is_for_sale` says whether buyers see the product on a marketplace."""

    id: int
    fate: Fate
    is_for_sale: bool = False


@dataclass(frozen=True, slots=True)
class NotStored:
    """Why a product that was given is not kept."""

    field: str
    reason: str

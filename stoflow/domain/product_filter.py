"""Which of a seller's products are meant, by what is said of them."""

from dataclasses import dataclass
from enum import StrEnum


class Availability(StrEnum):
    """Whether a piece of a product is left."""

    AVAILABLE = "available"
    SOLD_OUT = "sold_out"


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """All that is named must be so; None anywhere means any.

    `text`: each of its words stands in the title, the description, the brand, the SKU or the external id.
    `for_sale_on` and `not_on` are marketplaces on which buyers see the product, or do not.
    """

    text: str | None = None
    brand: str | None = None
    category: str | None = None
    status: Availability | None = None
    for_sale_on: str | None = None
    not_on: str | None = None


ANY_PRODUCT = ProductFilter()

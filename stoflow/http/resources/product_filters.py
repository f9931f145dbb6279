"""Which products are meant, as a query or a body says it."""

from typing import Annotated

from pydantic import Field

from stoflow.domain.product_filter import Availability, ProductFilter
from stoflow.http.rest.schemas import Given, Marketplace, PageQuery, Word


class ProductFilterBody(Given):
    """All that is named must be so of a product."""

    text: Annotated[
        Word | None, Field(description="Each word stands in title, description, brand, SKU or external id.")
    ] = None
    brand: Annotated[Word | None, Field(description="The whole brand, in whatever case.")] = None
    category: Annotated[Word | None, Field(description="The whole category, in whatever case.")] = None
    status: Annotated[Availability | None, Field(strict=False, description="Whether a piece of it is left.")] = None
    for_sale_on: Annotated[Marketplace | None, Field(description="Buyers see it on this marketplace.")] = None
    not_on: Annotated[Marketplace | None, Field(description="Buyers do not see it on this marketplace.")] = None


class ProductsQuery(PageQuery, ProductFilterBody):
    """Which products, and where to read on."""


def filter_of(given: ProductFilterBody) -> ProductFilter:
    named = {name: getattr(given, name) for name in ProductFilterBody.model_fields}
    return ProductFilter(**named)

"""Which products are meant, as a query or a body says it."""

from collections.abc import Collection
from typing import Annotated

from pydantic import Field

from stoflow.domain.errors import InputError
from stoflow.domain.outcome import FieldError
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


def filter_of(given: ProductFilterBody, marketplaces: Collection[str], *, within: str = "") -> ProductFilter:
    """Raise InputError for a marketplace that there is not: `not_on` such a one is every product."""
    named = {name: getattr(given, name) for name in ProductFilterBody.model_fields}
    there_are = f"there is no such marketplace; there are {', '.join(sorted(marketplaces))}"
    errors = tuple(
        FieldError(f"{within}{name}", there_are)
        for name in ("for_sale_on", "not_on")
        if named[name] is not None and named[name] not in marketplaces
    )
    if errors:
        raise InputError("The filter is not right.", errors)
    return ProductFilter(**named)

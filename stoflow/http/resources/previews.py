"""What a marketplace would be given of a product, over HTTP."""

from typing import Annotated, Any, Final, Self

from pydantic import Field

from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered, FieldErrorBody, PriceBody
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import Given, Marketplace
from stoflow.marketplaces.pricing import Priced
from stoflow.resources.products import preview
from stoflow.resources.products.preview import ProductPreview


class PreviewQuery(Given):
    """For whom."""

    marketplace: Annotated[Marketplace, Field(description="Where the product would be published.")]


class PricingBody(Answered):
    """A price and what made it: the product's own, the seller's rate, margin and ending; null is what there is none of.

    The own price is carried over by the rate, raised by the margin, and goes up to the next price that ends so.
    """

    price: PriceBody
    own: PriceBody
    rate: str | None
    margin_percent: str
    ends_in: str | None

    @classmethod
    def of(cls, priced: Priced) -> Self:
        rule = priced.rule
        return cls(
            price=PriceBody(amount=f"{priced.price:.2f}", currency=priced.currency),
            own=PriceBody(amount=f"{priced.own_price:.2f}", currency=priced.own_currency),
            rate=None if priced.rate is None else str(priced.rate),
            margin_percent=str(rule.margin_percent),
            ends_in=None if rule.ends_in is None else f"{rule.ends_in:.2f}",
        )


class PreviewPhotoBody(Answered):
    position: int
    url: str


class PreviewBody(Answered):
    """What would be published of a product. It is `ready` when nothing is `missing`, of the product or the account.

    `title` to `attributes` are as buyers would read them, as far as that can be said yet; null of a marketplace that
    cannot say. `photos` are those that would be sent; `photos_left_out` are more than it takes. `sent` holds what the
    marketplace would be told, in its own words, by the step that made them; null while something is missing.
    """

    marketplace: str
    ready: bool
    missing: list[FieldErrorBody]
    title: str | None
    description: str | None
    category: str | None
    attributes: dict[str, Any] | None
    pricing: PricingBody | None
    photos: list[PreviewPhotoBody]
    photos_left_out: int
    sent: dict[str, Any] | None

    @classmethod
    def of_product(cls, product: int, found: ProductPreview) -> Self:
        shown = found.shown
        url = f"/api/products/{product}/photos/{{}}"
        return cls(
            marketplace=found.marketplace,
            ready=not found.missing,
            missing=[FieldErrorBody.of(each) for each in found.missing],
            title=shown.title if shown else None,
            description=shown.description if shown else None,
            category=shown.category if shown else None,
            attributes=dict(shown.attributes) if shown else None,
            pricing=PricingBody.of(found.price) if found.price else None,
            photos=[PreviewPhotoBody(position=each.position, url=url.format(each.position)) for each in found.photos],
            photos_left_out=found.photos_of - len(found.photos),
            sent=None if found.sent is None else dict(found.sent),
        )


def preview_product(context: Context, asked: Asked) -> PreviewBody:
    found = preview.preview_product(context, asked.tenant, asked.id(), asked.query.marketplace)
    return PreviewBody.of_product(asked.id(), found)


OPERATIONS: Final = (
    Operation(
        "GET", "/api/products/{id}/preview", "previewProduct",
        "Show what a marketplace would be given of a product, what it would cost there and by which rule, and what is "
        "missing. No job is made, and no marketplace is called.",
        preview_product, PreviewBody, query=PreviewQuery, problems=(404, 422),
    ),
)  # fmt: skip

"""What is asked of products over HTTP, and what is answered of them."""

import json
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
)
from pydantic.config import JsonDict

from stoflow.domain.product import MOST_PIECES, Product
from stoflow.http.rest.answers import Answered, Moment, PageBody, PriceBody, SomeMarketplace, price_of
from stoflow.http.rest.schemas import (
    CONTROLS,
    LINES_PATTERN,
    ONE_LINE_PATTERN,
    Given,
    Word,
    changes_of,
    lines,
    one_line,
)
from stoflow.resources.products.fields.text import BLANKS, clean_line, clean_text, composed

MAX_METADATA_CHARACTERS: Final = 16_384  # as JSON


def _bounded(value: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(value, ensure_ascii=False)) > MAX_METADATA_CHARACTERS:
        raise ValueError(f"at most {MAX_METADATA_CHARACTERS:,} characters of JSON are kept")
    return value


KEPT: Final = "It is kept composed (NFC), with entities decoded; HTML is kept as the text it shows."


Key = Annotated[
    str,
    Field(max_length=255, description="Of one product of the seller's only; empty where there is none."),
    Field(json_schema_extra=ONE_LINE_PATTERN),
    AfterValidator(one_line),
    AfterValidator(str.strip),
    AfterValidator(composed),
]


Metadata = Annotated[
    dict[str, Any],
    Field(description="Kept as it is, for the seller's own programs; up to 16,384 characters of JSON."),
    AfterValidator(_bounded),
]


# One sign at least shows: without it a title of blanks would fit the document and be refused.
SHOWN_PATTERN: Final[JsonDict] = {"pattern": rf"^[^{CONTROLS}]*[^{BLANKS}][^{CONTROLS}]*$"}


def _said(text: str) -> str:
    line = clean_line(text)
    if not line:
        raise ValueError("nothing of it can be seen")
    return line


ProductWord = Annotated[Word, AfterValidator(clean_line)]


class Money(Given):
    amount: Annotated[str, Field(pattern=r"^[0-9]{1,8}(\.[0-9]{1,2})?$", examples=["12.50"])]
    currency: Annotated[
        str,
        Field(
            pattern=r"^[A-Z]{3}$",
            examples=["EUR"],
            description="Without it a new product's price is in EUR, and a changed price keeps the product's currency.",
        ),
    ] = ""


class NewProductBody(Given):
    """A product to be listed. Its photos are added to it once it is there."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Wool coat", "price": {"amount": "12.50", "currency": "EUR"}}]}
    )

    title: Annotated[
        str,
        Field(min_length=1, max_length=500, json_schema_extra=SHOWN_PATTERN, description=f"Text on one line. {KEPT}"),
        AfterValidator(one_line),
        AfterValidator(_said),
    ]
    description: Annotated[
        str,
        Field(max_length=20_000, json_schema_extra=LINES_PATTERN, description=f"Text with line breaks. {KEPT}"),
        AfterValidator(lines),
        AfterValidator(clean_text),
    ] = ""
    price: Money | None = None
    category: ProductWord = ""
    brand: ProductWord = ""
    condition: Annotated[
        Annotated[int, Field(ge=0, le=10)] | None, Field(description="0 worn out to 10 new with tags.")
    ] = None
    size: ProductWord = ""
    colors: Annotated[list[ProductWord], Field(max_length=10)] = Field(default_factory=list)
    materials: Annotated[list[ProductWord], Field(max_length=20)] = Field(default_factory=list)
    gender: ProductWord = ""
    season: ProductWord = ""
    fit: ProductWord = ""
    quantity: Annotated[int, Field(ge=0, le=MOST_PIECES, description="A new product without it is one piece.")] = 1
    who_made: ProductWord = ""
    when_made: ProductWord = ""
    sku: Key = ""
    external_id: Key = ""
    metadata: Metadata = Field(default_factory=dict)


ChangedProductBody = changes_of(
    NewProductBody,
    "ChangedProductBody",
    "What changes of a product; what is not named stays. Null takes a price or a condition away.",
    example={"price": {"amount": "39.00"}, "quantity": 2},
)


class ProductBody(Answered):
    id: int
    title: str
    description: str
    price: PriceBody | None
    category: str
    brand: str
    condition: int | None
    size: str
    colors: list[str]
    materials: list[str]
    gender: str
    season: str
    fit: str
    quantity: int
    who_made: str
    when_made: str
    images: int
    sku: str
    external_id: str
    metadata: dict[str, Any]

    @classmethod
    def of(cls, product: Product) -> Self:
        price = price_of(product.price, product.currency)
        return cls.with_fields(product, price=price, images=len(product.images))


class ProductsPage(PageBody[ProductBody]):
    pass


class DeletionQuery(Given):
    """What becomes of its listings; without it a product that is for sale stays."""

    listings: Literal["end"] | None = None


class DeletedBody(Answered):
    """A product that is gone, and the jobs that end its listings."""

    id: int
    jobs: list[int]


class ProductListingBody(Answered):
    """Where a product is on one marketplace; not `visible` is a draft, or one that buyers no longer see."""

    marketplace: SomeMarketplace
    external_id: str
    visible: bool
    url: str
    updated_at: Moment


class ProductListingsBody(PageBody[ProductListingBody]):
    pass

"""The bodies and queries the API takes: strict, and nothing in them that is not named here."""

import json
import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from stoflow.domain.job import JobStatus
from stoflow.domain.outcome import FieldError
from stoflow.resources.products.fields.text import clean_line, clean_text, composed

MAX_ID: Final = 2**31 - 1
MAX_LIMIT: Final = 200
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2999
MAX_METADATA_CHARACTERS: Final = 16_384  # as JSON
RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})$")
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
CONTROL_CHARACTERS_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def one_line(text: str) -> str:
    if CONTROL_CHARACTERS.search(text):
        raise ValueError("control characters are not allowed here")
    return text


def one_line_of(text: str) -> str:
    """Return the text with each control character replaced by a space."""
    return CONTROL_CHARACTERS.sub(" ", text)


def lines(text: str) -> str:
    if CONTROL_CHARACTERS_BUT_LINES.search(text):
        raise ValueError("control characters other than line breaks and tabs are not allowed here")
    return text


def _bounded(value: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(value, ensure_ascii=False)) > MAX_METADATA_CHARACTERS:
        raise ValueError(f"at most {MAX_METADATA_CHARACTERS:,} characters of JSON are kept")
    return value


def _rfc_3339(text: object) -> object:
    # Without this a number, also one in quotes, would be taken for seconds since 1970.
    if not isinstance(text, str) or not RFC_3339.match(text):
        raise ValueError("give a time as in 2026-11-20T09:30:00Z")
    return text


def _in_our_time(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"the year must be between {FIRST_YEAR} and {LAST_YEAR}")
    return moment


# The validators' rules as patterns, for the document; the validators say them in words.
ONE_LINE_PATTERN: Final[JsonDict] = {"pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$"}
LINES_PATTERN: Final[JsonDict] = {"pattern": r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"}

KEPT: Final = "It is kept composed (NFC), with entities decoded; HTML is kept as the text it shows."
Word = Annotated[str, Field(max_length=200, json_schema_extra=ONE_LINE_PATTERN), AfterValidator(one_line)]
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
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
# Named types: the document gives each the values that there are, which installed packages add to.
Action = TypeAliasType(
    "Action",
    Annotated[str, Field(min_length=1, max_length=50, json_schema_extra=ONE_LINE_PATTERN), AfterValidator(one_line)],
)
Marketplace = TypeAliasType("Marketplace", Word)
ListingState = TypeAliasType("ListingState", Literal["for_sale", "sold", "hidden", "gone"])
# Not strict, because JSON has no times: what is checked before is as strict.
Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_rfc_3339), AfterValidator(_in_our_time)]


class Given(BaseModel):
    """What a caller gives."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class NewJob(Given):
    """A job to be done on one product, or on the account where the action needs no product."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"action_type": "publish", "product_id": 123}]})

    action_type: Action
    product_id: Id | None = None
    priority: Annotated[
        Annotated[int, Field(ge=1, le=4)] | None,
        Field(description="1 critical, 2 high, 3 normal, 4 low; the action's own where it is not given."),
    ] = None
    payload: Annotated[dict[str, Any], Field(description="What the action takes beside its product.")] = Field(
        default_factory=dict
    )
    not_before: Moment | None = None
    expires_at: Moment | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.not_before and self.expires_at and self.expires_at <= self.not_before:
            raise ValueError("expires_at must be later than not_before")
        return self


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
    """A product to be listed. Photos come with `stoflow products import`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Wool coat", "price": {"amount": "12.50", "currency": "EUR"}}]}
    )

    title: Annotated[
        str,
        Field(
            min_length=1, max_length=500, json_schema_extra=ONE_LINE_PATTERN, description=f"Text on one line. {KEPT}"
        ),
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
    quantity: Annotated[int, Field(ge=0, le=1_000_000, description="A new product without it is one piece.")] = 1
    who_made: ProductWord = ""
    when_made: ProductWord = ""
    sku: Key = ""
    external_id: Key = ""
    metadata: Metadata = Field(default_factory=dict)


def changes_of(body: type[Given], name: str, doc: str) -> type[Given]:
    """Return the body of a PATCH: the fields of `body`, none of them required; `model_fields_set` says which change."""
    fields: dict[str, Any] = {field: (_optional(info), None) for field, info in body.model_fields.items()}
    return create_model(name, __base__=Given, __doc__=doc, **fields)


def _optional(field: FieldInfo) -> Any:
    facts = field.asdict()
    kind, checks, told = facts["annotation"], facts["metadata"], facts["attributes"]
    told = {key: value for key, value in told.items() if key not in {"default", "default_factory"}}
    return Annotated[kind, *checks, Field(**told)]


ChangedProductBody = changes_of(
    NewProductBody,
    "ChangedProductBody",
    "What changes of a product; what is not named stays. Null takes a price or a condition away.",
)


class PageQuery(Given):
    """Where to read on, and how much."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="50 where it is not given.")] = 50
    cursor: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_=.:-]+$")] | None = None


class AttributesQuery(PageQuery):
    """Which entries of a catalogue: those whose name or label begins with `search`, in any language."""

    search: Word = ""


class JobsQuery(PageQuery):
    """Which jobs; a time itself is neither after nor before it."""

    status: JobStatus | None = None
    action: Action | None = None
    product_id: Id | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None


class AllJobsQuery(JobsQuery):
    """The same, over all marketplaces or one of them."""

    marketplace: Marketplace | None = None


class ListingsQuery(PageQuery):
    """Which listings; `linked` says whether StoFlow knows the product."""

    state: ListingState | None = None
    linked: Annotated[bool, Field(strict=False)] | None = None


class ReturnedQuery(Given):
    """What a marketplace sends a seller back with; it may add to it."""

    model_config = ConfigDict(extra="ignore")

    state: Annotated[str, Field(description="As it was in the address the seller was sent to.")] = ""
    code: Annotated[str, Field(description="Decoded once, as any query.")] = ""
    error: Annotated[str, Field(examples=["access_denied"])] = ""
    error_description: str = ""


class ChosenBody(Given):
    """What the seller chooses for the account, by name; null leaves a setting open. What is not named stays."""

    settings: dict[str, Any]


class NoQuery(Given):
    """No parameter at all."""


class NoBody(Given):
    """An empty body, or an empty object."""


def reasons_of(error: ValidationError) -> tuple[FieldError, ...]:
    """Return every reason, each naming its field; never what was given."""
    return tuple(
        FieldError(".".join(str(part) for part in reason["loc"]) or "body", reason["msg"].removeprefix("Value error, "))
        for reason in error.errors(include_url=False, include_input=False, include_context=False)
    )

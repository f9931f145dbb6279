"""What every answer of the API is made of."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict

from stoflow.domain.page import Page
from stoflow.http.rest.schemas import Action, Marketplace

Body = TypeVar("Body")
View = TypeVar("View")

# PostgreSQL answers in the time zone of its session.
Moment = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


# One of those there are, or of a package that came later than the client, or went.
SomeAction = Action | str


SomeMarketplace = Marketplace | str


class Answered(BaseModel):
    """What the API gives; fields may be added, never taken away."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    @classmethod
    def of(cls, view: Any, /) -> Self:
        """Return what the view says: each field is its attribute of the same name."""
        return cls.model_validate(view)

    @classmethod
    def with_fields(cls, view: object, **fields: Any) -> Self:
        """Return these fields, and of the view all the others."""
        others = {name: getattr(view, name) for name in cls.model_fields if name not in fields}
        return cls(**others, **fields)


class PageBody(Answered, Generic[Body]):
    """One page of a list."""

    items: list[Body]
    next_cursor: str | None

    @classmethod
    def of_items(cls, page: Page[View], body_of: Callable[[View], Body]) -> Self:
        return cls(items=[body_of(view) for view in page.items], next_cursor=page.next_cursor)


class FieldErrorBody(Answered):
    field: str
    message: str


class PriceBody(Answered):
    amount: str
    currency: str


class ProblemBody(Answered):
    """RFC 9457; some problems say more."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldErrorBody] = []


def price_of(amount: Decimal | None, currency: str) -> PriceBody | None:
    return PriceBody(amount=f"{amount:.2f}", currency=currency) if amount is not None else None

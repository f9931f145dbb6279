"""What every answer of the API is made of."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict

from stoflow.domain.outcome import FieldError
from stoflow.http.rest.schemas import Action, Marketplace

# PostgreSQL answers in the time zone of its session.
Moment = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


# One of those there are, or of a package that came later than the client, or went.
SomeAction = Action | str


SomeMarketplace = Marketplace | str


class Answered(BaseModel):
    """What the API gives; fields may be added, never taken away."""

    model_config = ConfigDict(frozen=True)


class FieldErrorBody(Answered):
    field: str
    message: str

    @classmethod
    def all_of(cls, errors: Iterable[FieldError]) -> list[Self]:
        return [cls(field=error.field, message=error.message) for error in errors]


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

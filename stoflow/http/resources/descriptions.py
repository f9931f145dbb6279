"""Texts by a model over HTTP: proposed for a product, which stays as it is."""

from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field

from stoflow.domain.described import Description
from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import Given
from stoflow.resources.descriptions import describe


class DescribeBody(Given):
    """In which language; English where none is given."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"language": "fr"}]})
    language: Annotated[
        str, Field(pattern=r"^[a-z]{2}$", examples=["fr"], description="By its two letters (ISO 639-1).")
    ] = "en"


class DescriptionBody(Answered):
    """A title and a description that a model proposes. Not `is_new` is a text of before, for which nothing was taken:
    the same is written once in 30 days."""

    title: str
    description: str
    is_new: bool
    credits_left: int

    @classmethod
    def of(cls, found: Description) -> Self:
        return cls.with_fields(found, title=found.text.title, description=found.text.description)


def describe_product(context: Context, asked: Asked) -> DescriptionBody:
    found = describe.describe_product(context, asked.tenant, asked.id(), asked.body.language)
    return DescriptionBody.of(found)


OPERATIONS: Final = (
    Operation(
        "POST", "/api/products/{id}/describe", "describeProduct",
        "Have a title and a description written by the operator's model, for one credit; the product stays as it is.",
        describe_product, DescriptionBody, body=DescribeBody,
        problems=(400, 402, 404, 408, 409, 413, 415, 422, 502), heavy=True,
    ),
)  # fmt: skip

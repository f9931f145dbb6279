"""The catalogues of attributes over HTTP, the same for every tenant."""

from typing import Final

from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered, PageBody
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import PageQuery, Word
from stoflow.resources.attributes import attributes


class AttributesQuery(PageQuery):
    """Which entries of a catalogue: those whose name or label begins with `search`, in any language."""

    search: Word = ""


class AttributeBody(Answered):
    """`name` is what a product's field takes; `labels` are for people, by language."""

    name: str
    labels: dict[str, str]
    details: dict[str, str]


class AttributesPage(PageBody[AttributeBody]):
    pass


def list_attributes(context: Context, asked: Asked) -> AttributesPage:
    query: AttributesQuery = asked.query
    page = attributes.list_attributes(context, asked.path["catalogue"], query.search, query.limit, query.cursor)
    return AttributesPage.of_items(page, AttributeBody.of)


OPERATIONS: Final = (
    Operation(
        "GET", "/api/attributes/{catalogue}", "listAttributes", "List the values that a product's attribute may have.",
        list_attributes, AttributesPage, query=AttributesQuery, problems=(404, 422),
    ),
)  # fmt: skip

"""The catalogues of attributes over HTTP, the same for every tenant."""

from typing import Final, Self

from stoflow.domain.catalogue import CatalogueEntry
from stoflow.domain.page import Page
from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered
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


class AttributesPage(Answered):
    items: list[AttributeBody]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[CatalogueEntry]) -> Self:
        items = [
            AttributeBody(name=entry.name, labels=dict(entry.labels), details=dict(entry.details))
            for entry in page.items
        ]
        return cls(items=items, next_cursor=page.next_cursor)


def list_attributes(context: Context, asked: Asked) -> AttributesPage:
    query: AttributesQuery = asked.query
    return AttributesPage.of(
        attributes.list_attributes(context, asked.path["catalogue"], query.search, query.limit, query.cursor)
    )


OPERATIONS: Final = (
    Operation(
        "GET", "/api/attributes/{catalogue}", "listAttributes", "List the values that a product's attribute may have.",
        list_attributes, AttributesPage, query=AttributesQuery, problems=(404, 422),
    ),
)  # fmt: skip

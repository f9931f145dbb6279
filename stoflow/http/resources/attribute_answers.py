"""What the API answers about the catalogues of attributes."""

from typing import Self

from stoflow.domain.catalogue import CatalogueEntry
from stoflow.domain.page import Page
from stoflow.http.resources.answers import Answered


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

"""How a marketplace is asked what it wants to know of the things in each of its categories."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from stoflow.domain.aspect import CategoryAspects
from stoflow.domain.call import Call, Response


@dataclass(frozen=True, slots=True)
class Tree:
    """The categories of one site, as they are now."""

    id: str
    version: str


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The application itself asks, with a token of `scope`; no seller is concerned.

    `tree` and `aspects` are conversations: each yields its call and is sent the reply. They raise MarketplaceError
    where the marketplace cannot answer now. `sites` and `categories` are those that StoFlow lists on and in.
    """

    scope: str
    sites: Callable[[], tuple[str, ...]]
    categories: Callable[[], tuple[str, ...]]
    tree: Callable[[str], Generator[Call, Response, Tree]]
    aspects: Callable[[Tree, str], Generator[Call, Response, CategoryAspects]]

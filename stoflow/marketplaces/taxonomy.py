"""How a marketplace is asked what it wants to know of the things in each of its categories."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from stoflow.domain.aspect import CategoryAspects
from stoflow.domain.call import Call, Reply, Response


@dataclass(frozen=True, slots=True)
class Tree:
    """The categories of one site, as they are now; their ids, where the marketplace shows all of them at once."""

    id: str
    version: str
    categories: frozenset[str] = frozenset()


def no_pause(_reply: Reply) -> float:
    """Let every answer stand."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The application itself asks, with a token of `scope` where it calls with tokens; no seller is concerned.

    `tree` and `aspects` are conversations: each yields its call and is sent the reply. They raise MarketplaceError
    where the marketplace cannot answer now. `sites` and `categories` are those that StoFlow lists on and in. `pause_s`
    says in how many seconds a call that was answered so may be made again, 0 where the answer stands.
    """

    sites: Callable[[], tuple[str, ...]]
    categories: Callable[[], tuple[str, ...]]
    tree: Callable[[str], Generator[Call, Response, Tree]]
    aspects: Callable[[Tree, str], Generator[Call, Response, CategoryAspects]]
    scope: str = ""
    pause_s: Callable[[Reply], float] = no_pause

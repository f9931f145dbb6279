"""eBay's Taxonomy API: which tree of categories a site has, and what it asks in a category."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, cast

from stoflow.domain.aspect import Aspect, CategoryAspects
from stoflow.domain.call import Call, Reply, Response
from stoflow.domain.errors import EbayError
from stoflow.marketplaces.ebay.clients.taxonomy import get_default_category_tree_id, get_item_aspects_for_category
from stoflow.marketplaces.ebay.failures import error_ids
from stoflow.marketplaces.ebay.sites import categories, sites
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import is_success, reply_of
from stoflow.marketplaces.taxonomy import Taxonomy, Tree

SCOPE = "https://api.ebay.com/oauth/api_scope"
NO_SUCH_LEAF = frozenset({62005, 62008, 62009})
"""Of another tree; the root; a branch."""
SELECTION_ONLY = "SELECTION_ONLY"


def tree_of(site: str) -> Generator[Call, Response, Tree]:
    """Ask for a site's tree."""
    reply = reply_of((yield get_default_category_tree_id(site)))
    tree = Tree(text_in(reply.body, "categoryTreeId"), text_in(reply.body, "categoryTreeVersion"))
    if not is_success(reply) or not tree.id or not tree.version:
        raise _no_answer(reply, f"which categories {site} has")
    return tree


def aspects_in(tree: Tree, category: str) -> Generator[Call, Response, CategoryAspects]:
    """Ask what must or may be said of things in a leaf category."""
    reply = reply_of((yield get_item_aspects_for_category(tree.id, category)))
    if NO_SUCH_LEAF & set(error_ids(reply)):
        return CategoryAspects(tree.id, tree.version, known=False)
    if not is_success(reply):
        raise _no_answer(reply, f"what it asks in category {category}")
    return CategoryAspects(tree.id, tree.version, aspects=tuple(_aspects(reply.body)))


def _aspects(body: Any) -> Iterator[Aspect]:
    """Yield what is kept: questions that must be answered, and those that take listed values only.

    A site lists thousands of brands to choose from; where other words do as well they are not kept.
    """
    shown = cast("Sequence[Mapping[str, Any]]", body.get("aspects") or ()) if isinstance(body, dict) else ()
    for each in shown:
        constraint = cast("Mapping[str, Any]", each.get("aspectConstraint") or {})
        required, closed = bool(constraint.get("aspectRequired")), constraint.get("aspectMode") == SELECTION_ONLY
        if required or closed:
            values = (text_in(value, "localizedValue") for value in each.get("aspectValues") or ())
            yield Aspect(text_in(each, "localizedAspectName"), required, closed, tuple(values) if closed else ())


def _no_answer(reply: Reply, question: str) -> EbayError:
    return EbayError(f"eBay did not say {question}: HTTP {reply.status}.")


def _sites() -> tuple[str, ...]:
    return tuple(sites())


def _categories() -> tuple[str, ...]:
    return tuple(dict.fromkeys(row["category_id"] for row in categories().values()))


TAXONOMY = Taxonomy(scope=SCOPE, sites=_sites, categories=_categories, tree=tree_of, aspects=aspects_in)

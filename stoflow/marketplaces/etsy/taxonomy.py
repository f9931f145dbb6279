"""Etsy's seller taxonomy: which ids there are now, and which properties Etsy marks as required under one."""

from collections.abc import Generator, Iterator, Mapping
from hashlib import sha256
from typing import Any, cast

from stoflow.domain.aspect import Aspect, CategoryAspects
from stoflow.domain.call import Call, Reply, Response
from stoflow.domain.errors import EtsyError
from stoflow.marketplaces.etsy.clients.taxonomy import get_properties_by_taxonomy_id, get_seller_taxonomy_nodes
from stoflow.marketplaces.etsy.failures import ETSY_SAYS
from stoflow.marketplaces.etsy.labels import PACKAGE, categories
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import NOT_FOUND, TOO_MANY_REQUESTS, is_success, reply_of
from stoflow.marketplaces.taxonomy import Taxonomy, Tree
from stoflow.marketplaces.vocabulary.tables import read_table

SITE = "etsy"
"""Etsy has one tree, for whoever asks."""
VERSION_CHARACTERS = 12
LONGEST_PAUSE_S = 10.0

Shown = Mapping[str, Any]


def tree_of(site: str) -> Generator[Call, Response, Tree]:
    """Ask for the whole tree. Etsy gives it no version: a digest of its nodes is one."""
    reply = reply_of((yield get_seller_taxonomy_nodes()))
    nodes = dict(_nodes(reply.body))
    if not is_success(reply) or not nodes:
        raise _no_answer(reply, "which ids its taxonomy has")
    return Tree(site, _digest(nodes), frozenset(path[-1] for path in nodes))


def aspects_in(tree: Tree, taxonomy_id: str) -> Generator[Call, Response, CategoryAspects]:
    """Ask which properties are required under an id; one that the tree does not have is not asked about."""
    gone = CategoryAspects(tree.id, tree.version, known=False)
    if taxonomy_id not in tree.categories:
        return gone
    reply = reply_of((yield get_properties_by_taxonomy_id(taxonomy_id)))
    if reply.status == NOT_FOUND:
        return gone
    if not is_success(reply):
        raise _no_answer(reply, f"what it asks under the id {taxonomy_id}")
    return CategoryAspects(tree.id, tree.version, aspects=tuple(_required(reply.body)))


def pause_s(reply: Reply) -> float:
    """Return the wait for the next second where this one's calls are used up; a day is not waited for."""
    wanted_s = ETSY_SAYS.slow_down(reply).after_s if reply.status == TOO_MANY_REQUESTS else None
    return wanted_s if wanted_s is not None and wanted_s <= LONGEST_PAUSE_S else 0.0


def _nodes(body: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the ids from the root down to each node, and the node's name."""
    waiting: list[tuple[tuple[str, ...], Shown]] = [((), node) for node in _listed(body, "results")]
    while waiting:
        above, node = waiting.pop()
        path = (*above, text_in(node, "id"))
        yield path, text_in(node, "name")
        waiting += [(path, child) for child in _listed(node, "children")]


def _digest(nodes: Mapping[tuple[str, ...], str]) -> str:
    """Return the same text for the same nodes, in whatever order they were shown."""
    lines = sorted(f"{'/'.join(path)} {name}" for path, name in nodes.items())
    return sha256("\n".join(lines).encode()).hexdigest()[:VERSION_CHARACTERS]


def _required(body: Any) -> Iterator[Aspect]:
    for each in _listed(body, "results"):
        if each.get("is_required") is True:
            yield Aspect(text_in(each, "display_name") or text_in(each, "name"), required=True)


def _listed(body: Any, name: str) -> list[Shown]:
    """Return the objects in a list of that name; none where there is no such list."""
    found = cast("Shown", body).get(name) if isinstance(body, Mapping) else None
    listed = cast("list[Any]", found) if isinstance(found, list) else []
    return [cast("Shown", each) for each in listed if isinstance(each, Mapping)]


def _no_answer(reply: Reply, question: str) -> EtsyError:
    return EtsyError(f"Etsy did not say {question}: HTTP {reply.status}.")


def _sites() -> tuple[str, ...]:
    return (SITE,)


def _taxonomy_ids() -> tuple[str, ...]:
    finer = (row["leaf"] for row in read_table(PACKAGE, "leaves"))
    return tuple(dict.fromkeys((*categories().values(), *finer)))


TAXONOMY = Taxonomy(sites=_sites, categories=_taxonomy_ids, tree=tree_of, aspects=aspects_in, pause_s=pause_s)

"""Reading eBay's lists: a page of objects, the amounts in them, and why there is no page."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from stoflow.domain.call import Reply
from stoflow.domain.outcome import Broken, Outcome
from stoflow.marketplaces.ebay import failures
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import is_success

Shown = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListPage:
    """Some objects of a list, and how many the whole list has."""

    objects: tuple[Shown, ...] = ()
    total: int = 0


def list_page(reply: Reply, name: str) -> ListPage | Outcome:
    """Return the page in a reply: what eBay does not have is an empty one, what cannot be read is never."""
    if failures.says_gone(reply):
        return ListPage()
    if not is_success(reply):
        return failures.outcome_of(reply, unsafe=False)
    body = cast("Shown", reply.body) if isinstance(reply.body, Mapping) else {}
    total, objects = body.get("total"), body.get(name)
    if total == 0 and objects is None:
        return ListPage()
    if not isinstance(total, int) or not isinstance(objects, list):
        return Broken(f"eBay answered {reply.status} without the list of {name}.")
    return ListPage(tuple(cast("list[Shown]", objects)), total)


def amount_in(shown: Shown, *path: str) -> Decimal | None:
    """Return the amount of money at a path of keys, which eBay writes as text; None where there is none."""
    try:
        return Decimal(text_in(shown, *path, "value"))
    except InvalidOperation:
        return None


def whole_in(shown: Shown, *path: str) -> int | None:
    """Return the whole number at a path of keys, None where there is none."""
    text = text_in(shown, *path)
    return int(text) if text.isascii() and text.isdecimal() else None

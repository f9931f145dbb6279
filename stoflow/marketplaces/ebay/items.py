"""eBay's inventory items: what is there, compared with what was sent, of which eBay may have made its own values."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any, cast

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Response
from stoflow.marketplaces.checks import category_of, product_of
from stoflow.marketplaces.ebay.aspects import fact_named
from stoflow.marketplaces.ebay.clients.inventory import get_inventory_item
from stoflow.marketplaces.ebay.errors import warnings_in
from stoflow.marketplaces.ebay.facts import Site, facts_of, meaning_of
from stoflow.marketplaces.ebay.mapping import site_of_account
from stoflow.marketplaces.replies import reply_of
from stoflow.marketplaces.revision import laid_over, says

Fields = Mapping[str, Any]
SHOWN = frozenset({"sku", "locale", "groupIds", "inventoryItemGroupKeys"})
"""What eBay shows of an item and does not take back."""
VALUE_REPLACED = 25127
SIZES = frozenset({"size", "shoe_size"})


def item_to_put(body: Any, wanted: Fields) -> Fields:
    """Return the whole item to put: what is there with all that `wanted` says, as a put without a field erases it."""
    return laid_over(as_put(body), wanted)


def as_put(body: Any) -> Fields:
    """Return an item as a put takes it."""
    there = cast("Fields", body) if isinstance(body, Mapping) else {}
    return {name: value for name, value in there.items() if name not in SHOWN}


def aspects_in(item: Any) -> Fields:
    """Return the item specifics of an item, by name."""
    product = cast("Fields", item).get("product") if isinstance(item, Mapping) else None
    aspects = cast("Fields", product).get("aspects") if isinstance(product, Mapping) else None
    return cast("Fields", aspects) if isinstance(aspects, Mapping) else {}


def replaces_values(reply: Reply) -> bool:
    """Say whether eBay put its standard values in the place of some of ours."""
    return any(warned["id"] == VALUE_REPLACED for warned in warnings_in(reply))


def read_replaced(sku: str, sent: Fields) -> Generator[Call, Response, Fields]:
    """Return the item specifics that eBay shows with other values than were sent; none where it does not show them."""
    there, asked = aspects_in(reply_of((yield get_inventory_item(sku))).body), aspects_in(sent)
    return {name: there[name] for name, values in asked.items() if name in there and there[name] != values}


def says_item(attempt: Attempt, body: Any, wanted: Fields) -> bool:
    """Say whether an item is what is wanted, though eBay may say a specific in another way."""
    return says(body, _without_aspects(wanted)) and not _unanswered(attempt, body, wanted)


def was_put(attempt: Attempt, body: Any, wanted: Fields, before: Fields) -> bool:
    """Say whether an item was put that was as `before`. eBay may have put its standard values in the place of those
    sent (warning 25127): what else of the item changed shows that it was put, or that such a value is another now."""
    rest = _without_aspects(wanted)
    if not says(body, rest):
        return False
    there, was = aspects_in(body), aspects_in(before)
    unanswered = _unanswered(attempt, body, wanted)
    return not says(before, rest) or all(name in there and there[name] != was.get(name) for name in unanswered)


def _unanswered(attempt: Attempt, body: Any, wanted: Fields) -> Sequence[str]:
    """Return the item specifics of which an item says something else than is wanted."""
    there = aspects_in(body)
    return [name for name, said in aspects_in(wanted).items() if not _answers(attempt, name, there.get(name), said)]


def _answers(attempt: Attempt, name: str, there: Any, wanted: Any) -> bool:
    if says(there, wanted):
        return True
    values = cast("list[Any]", there) if isinstance(there, list) else []
    if len(values) != 1 or len(wanted) != 1:
        return False
    site = site_of_account(attempt)
    fact = fact_named(name, site)
    meant = {meaning_of(fact, str(way)) for way in (*wanted, *_other_sizes(attempt, fact, site))}
    return bool(fact) and meaning_of(fact, str(values[0])) in meant


def _other_sizes(attempt: Attempt, fact: str, site: Site) -> Sequence[str]:
    """Return the other ways to say a size: "M" is "M / 38 / 10"."""
    return facts_of(product_of(attempt), category_of(attempt), site).get(fact, ()) if fact in SIZES else ()


def _without_aspects(item: Fields) -> Fields:
    product = item.get("product")
    if not isinstance(product, Mapping):
        return item
    rest = {name: value for name, value in cast("Fields", product).items() if name != "aspects"}
    return {**item, "product": rest}

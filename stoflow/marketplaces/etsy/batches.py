"""Reading listings of an Etsy shop by their ids, many at once, though one that Etsy does not have denies them all."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.outcome import Broken, Outcome, Refused
from stoflow.marketplaces.etsy import failures
from stoflow.marketplaces.etsy.clients.listing import (
    get_listing,
    get_listing_inventory,
    get_listings_by_listing_ids,
    get_listings_inventory_by_listing_ids,
)
from stoflow.marketplaces.etsy.lists import Item, items_in
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.paging import is_about_one
from stoflow.marketplaces.replies import NOT_FOUND, is_success, reply_of

MOST_IDS = 100
"""The most ids that Etsy takes in one call."""
FEW_LISTINGS = 3
"""So many are asked for one by one: who asks for listings by their ids mostly hears that they are gone."""


@dataclass(frozen=True, slots=True)
class Way:
    """How many are asked for `together`, one `alone`, and what the answer to that is in a batch's words."""

    together: Callable[[Sequence[str]], Request]
    alone: Callable[[str], Request]
    shown: Callable[[Any], Item]
    few: int


@dataclass(frozen=True, slots=True)
class ById:
    """What Etsy said of each id: what is `shown`, that it is `gone`, or why it is `refused`."""

    shown: dict[str, Item] = field(default_factory=dict[str, Item])
    gone: list[str] = field(default_factory=list[str])
    refused: dict[str, Refused] = field(default_factory=dict[str, Refused])


LISTINGS = Way(get_listings_by_listing_ids, get_listing, lambda body: body, FEW_LISTINGS)
INVENTORIES = Way(get_listings_inventory_by_listing_ids, get_listing_inventory, lambda body: {"inventory": body}, 1)


def read_listings(listing_ids: Sequence[str]) -> Generator[Call, Response, ById | Outcome]:
    """Return what Etsy says of listings, whatever their state, or why it says nothing now."""
    return (yield from _read(listing_ids, LISTINGS))


def read_inventories(listing_ids: Sequence[str]) -> Generator[Call, Response, ById | Outcome]:
    """Return the `inventory` of each listing, as above; one that never had any is gone."""
    return (yield from _read(listing_ids, INVENTORIES))


def _read(listing_ids: Sequence[str], way: Way) -> Generator[Call, Response, ById | Outcome]:
    """Ask for all at once, for the halves of what is denied, and for each by itself that an answer leaves out."""
    found, alone = ById(), list[str]()
    waiting = [listing_ids[start : start + MOST_IDS] for start in range(0, len(listing_ids), MOST_IDS)]
    while waiting:
        asked = waiting.pop(0)
        if len(asked) <= way.few:
            alone += asked
            continue
        reply = reply_of((yield way.together(asked)))
        if not is_success(reply):
            if not _is_about_some(reply):
                return failures.outcome_of(reply, unsafe=False)
            waiting += _halves(asked)
            continue
        shown = {text_in(item, "listing_id"): item for item in items_in(reply.body, "results")}
        found.shown.update({each: shown[each] for each in asked if each in shown})
        alone += [each for each in asked if each not in shown]
    return (yield from _read_alone(found, alone, way))


def _read_alone(found: ById, listing_ids: Sequence[str], way: Way) -> Generator[Call, Response, ById | Outcome]:
    for listing_id in listing_ids:
        reply = reply_of((yield way.alone(listing_id)))
        outcome = failures.outcome_of(reply, unsafe=False)
        if reply.status == NOT_FOUND:
            found.gone.append(listing_id)
        elif is_success(reply):
            if not isinstance(reply.body, Mapping):
                return Broken(f"Etsy answered without what it was asked for of the listing {listing_id}.")
            found.shown[listing_id] = way.shown(reply.body)
        elif is_about_one(outcome):
            found.refused[listing_id] = outcome
        else:
            return outcome
    return found


def _is_about_some(reply: Reply) -> bool:
    """Say whether a batch was refused for one of its ids: it is not there, or Etsy will not show it."""
    return reply.status == NOT_FOUND or is_about_one(failures.outcome_of(reply, unsafe=False))


def _halves(asked: Sequence[str]) -> Iterator[Sequence[str]]:
    middle = len(asked) // 2
    yield asked[:middle]
    yield asked[middle:]

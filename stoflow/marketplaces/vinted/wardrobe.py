"""Looking through the seller's own wardrobe, and taking orphan drafts away."""

from collections.abc import Collection, Generator, Mapping
from typing import cast

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Command, Response
from stoflow.domain.outcome import Broken, Done, Outcome
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import answer_of
from stoflow.marketplaces.vinted import failures
from stoflow.marketplaces.vinted.items import Item
from stoflow.marketplaces.vinted.pages import Page, ask_for_page, ask_for_thing

PAGE_SIZE = 96
MOST_PAGES = 200
TOO_MANY_PAGES = Broken("The wardrobe has more pages than StoFlow can look through.")
NO_FIELDS = Broken("Vinted showed an item without its fields.")
Found = Generator[Call, Response, Item | Outcome | None]


def find_draft(attempt: Attempt) -> Found:
    """Return the draft whose description is the marker, None where the wardrobe has none, or why Vinted cannot tell."""
    if not attempt.marker:
        return Broken("A look for a draft needs the marker it was made with.")
    for page in range(1, MOST_PAGES + 1):
        shown = yield from show_page(attempt, page)
        if not isinstance(shown, Page):
            return shown
        for item in filter(is_draft, shown.entries):
            whole = yield from _whole(item)
            if isinstance(whole, Mapping) and _carries(whole, attempt.marker):
                return item
            if not isinstance(whole, Mapping | None):
                return whole
        if shown.is_last:
            return None
    return TOO_MANY_PAGES


def find_item(attempt: Attempt, item_id: str) -> Found:
    """Return the wardrobe's item of that id, None where it has none, or why Vinted cannot tell."""
    found = yield from find_items(attempt, {item_id})
    return found.get(item_id) if isinstance(found, Mapping) else found


def own_item(item_id: str) -> Found:
    """Return an item as its owner edits it, or why Vinted cannot tell; None where it was sold, is reserved or gone."""
    return ask_for_thing(Command("vinted.item.get", {"id": item_id}), "item", NO_FIELDS)


def any_item(attempt: Attempt, item_id: str) -> Found:
    """Return an item as its owner edits it or else as the wardrobe lists it, None where neither has it, or why not."""
    item = yield from own_item(item_id)
    return (yield from find_item(attempt, item_id)) if item is None else item


def find_items(attempt: Attempt, wanted: Collection[str]) -> Generator[Call, Response, Mapping[str, Item] | Outcome]:
    """Return those of these ids that the wardrobe has, each with its item, or why Vinted cannot tell."""
    found: dict[str, Item] = {}
    for page in range(1, MOST_PAGES + 1):
        shown = yield from show_page(attempt, page)
        if not isinstance(shown, Page):
            return shown
        found |= {text_in(item, "id"): item for item in shown.entries if text_in(item, "id") in wanted}
        if len(found) == len(wanted) or shown.is_last:
            return found
    return TOO_MANY_PAGES


def show_page(attempt: Attempt, page: int) -> Generator[Call, Response, Page | Outcome]:
    """Return one page of the wardrobe, the newest things first, or why Vinted cannot show it."""
    payload = {"user_id": attempt.account.external_id, "page": page, "per_page": PAGE_SIZE, "order": "newest_first"}
    return (yield from ask_for_page(Command("vinted.wardrobe.list", payload), "items", number=page, size=PAGE_SIZE))


def is_draft(item: Item) -> bool:
    """Say whether buyers do not see the item yet."""
    return bool(item.get("is_draft"))


def collect_orphan(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    """Delete the draft that carries the marker, unless it is the chosen one; no other is ever touched."""
    found = yield from find_draft(attempt)
    if found is not None and not isinstance(found, Mapping):
        return found
    draft_id = text_in(found, "id")
    if not draft_id or draft_id == attempt.listing_id:
        return Done()
    answer = answer_of((yield Command("vinted.draft.delete", {"id": draft_id})))
    if answer.success or answer.error_code == failures.NOT_FOUND:
        return Done({"deleted": draft_id})
    return failures.outcome_of(answer, unsafe=False)


def _whole(item: Item) -> Found:
    """Return a draft with its description, which the wardrobe's list leaves out; None where it is gone since."""
    if "description" in item:
        return item
    answer = answer_of((yield Command("vinted.item.get", {"id": text_in(item, "id")})))
    if answer.success:
        return cast("Item", failures.body_of(answer).get("item") or {})
    return None if answer.error_code == failures.NOT_FOUND else failures.outcome_of(answer, unsafe=False)


def _carries(item: Item, marker: str) -> bool:
    return is_draft(item) and text_in(item, "description").strip() == marker

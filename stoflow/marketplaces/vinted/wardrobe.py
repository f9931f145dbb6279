"""Looking through the seller's own wardrobe, and taking stray drafts away."""

from collections.abc import Generator, Mapping
from typing import Any, cast

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Answer, Call, Command, Response
from stoflow.domain.outcome import Broken, Done, LookResult, Outcome
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import answer_of
from stoflow.marketplaces.vinted import failures

PAGE_SIZE = 96
MOST_PAGES = 200
TOO_MANY_PAGES = Broken("The wardrobe has more pages than StoFlow can look through.")
Item = Mapping[str, Any]
Found = Generator[Call, Response, Item | Outcome | None]


def find_draft(attempt: Attempt) -> Found:
    """Return the draft whose description is the marker, None where the wardrobe has none, or why Vinted cannot tell."""
    if not attempt.marker:
        return Broken("A look for a draft needs the marker it was made with.")
    for page in range(1, MOST_PAGES + 1):
        answer = yield from _page(attempt, page)
        if not answer.success:
            return failures.outcome_of(answer, unsafe=False)
        for item in filter(is_draft, _items(answer)):
            whole = yield from _whole(item)
            if isinstance(whole, Mapping) and _carries(whole, attempt.marker):
                return item
            if not isinstance(whole, Mapping | None):
                return whole
        if page >= _pages(answer):
            return None
    return TOO_MANY_PAGES


def find_item(attempt: Attempt, item_id: str) -> Found:
    """Return the wardrobe's item of that id, None where it has none, or why Vinted cannot tell."""
    for page in range(1, MOST_PAGES + 1):
        answer = yield from _page(attempt, page)
        if not answer.success:
            return failures.outcome_of(answer, unsafe=False)
        match = next((item for item in _items(answer) if text_in(item, "id") == item_id), None)
        if match is not None or page >= _pages(answer):
            return match
    return TOO_MANY_PAGES


def is_draft(item: Item) -> bool:
    """Say whether buyers do not see the item yet."""
    return bool(item.get("is_draft"))


def collect_stray(attempt: Attempt) -> Generator[Call, Response, LookResult]:
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


def _page(attempt: Attempt, page: int) -> Generator[Call, Response, Answer]:
    payload = {"user_id": attempt.account.external_id, "page": page, "per_page": PAGE_SIZE, "order": "newest_first"}
    return answer_of((yield Command("vinted.wardrobe.list", payload)))


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


def _pages(answer: Answer) -> int:
    return int(text_in(failures.body_of(answer), "pagination", "total_pages") or 1)


def _items(answer: Answer) -> list[Item]:
    return cast("list[Item]", failures.body_of(answer).get("items") or [])

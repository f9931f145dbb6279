"""Publishing on Vinted through the seller's plugin: photos, a draft under a marker, and the call that completes it."""

from collections.abc import Mapping
from typing import Any, cast

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Command
from stoflow.domain.observed import ListingState
from stoflow.domain.outcome import Absent, Done, Listed, Outcome, Unknown, cannot_tell
from stoflow.marketplaces import checks
from stoflow.marketplaces.contract import Conversation, Looking
from stoflow.marketplaces.drafts import already_sold, chosen, draft_found, draft_made, made_anew, standing
from stoflow.marketplaces.outputs import in_order, text_in
from stoflow.marketplaces.photos import sent_photos
from stoflow.marketplaces.replies import answer_of
from stoflow.marketplaces.vinted import failures
from stoflow.marketplaces.vinted.items import PIECES, Item, address_of, state_of
from stoflow.marketplaces.vinted.mapping import completion, creation, draft_fields
from stoflow.marketplaces.vinted.pictures import NAME, send_picture, with_kept_photo
from stoflow.marketplaces.vinted.validation import vinted_errors
from stoflow.marketplaces.vinted.wardrobe import any_item, find_draft, is_draft


class VintedPublication:
    """One method per task; what a task learned is read from the outputs of those before it."""

    def validate(self, attempt: Attempt) -> Outcome:
        """Refuse with every reason at once, or go on."""
        return checks.ready_unless(vinted_errors(attempt), "The product is not ready for Vinted.")

    def map(self, attempt: Attempt) -> Outcome:
        """Output: `draft`, the fields as they will be sent."""
        return Done({"draft": draft_fields(attempt)})

    def upload(self, attempt: Attempt) -> Conversation:
        """Let the plugin upload one photo; output: its `photo_id`, and its `fingerprint`."""
        return with_kept_photo(attempt, lambda photo, fingerprint: send_picture(attempt, photo, fingerprint))

    def create_draft(self, attempt: Attempt) -> Conversation:
        """Make a draft whose description is this attempt's marker; what the product has there already is used again."""
        if attempt.listing_id:
            return (yield from _used_again(attempt))
        payload = creation(attempt, attempt.outputs["map"]["draft"], _photos(attempt))
        answer = answer_of((yield Command("vinted.draft.create", payload)))
        if not answer.success:
            return failures.outcome_of(answer, unsafe=True)
        return draft_made(text_in(failures.body_of(answer), "draft", "id"))

    def look_for_draft(self, attempt: Attempt) -> Looking:
        """Find the draft that carries the marker in the wardrobe."""
        found = yield from find_draft(attempt)
        if found is None:
            return Absent("Vinted has no draft with the marker.")
        return draft_found(text_in(found, "id")) if isinstance(found, Mapping) else cannot_tell(found)

    def complete(self, attempt: Attempt) -> Conversation:
        """Send the draft whole, with its real description: buyers see it from then on."""
        payload = completion(chosen(attempt), attempt.outputs["map"]["draft"], _photos(attempt))
        answer = answer_of((yield Command("vinted.draft.complete", payload)))
        if answer.error_code == failures.NOT_FOUND:
            return Unknown("Vinted has no such draft: it may be completed already.")
        if not answer.success:
            return failures.outcome_of(answer, unsafe=True)
        return _completed(attempt, failures.body_of(answer).get("item"))

    def look_for_listing(self, attempt: Attempt) -> Looking:
        """Ask for the item itself; where Vinted no longer shows it (sold, reserved), look in the wardrobe."""
        item = yield from any_item(attempt, chosen(attempt))
        if item is None:
            return Absent("The draft is no longer on Vinted.")
        if not isinstance(item, Mapping):
            return cannot_tell(item)
        return Absent("The draft is not completed.") if is_draft(item) else _completed(attempt, item)

    def save(self, attempt: Attempt) -> Outcome:
        """Output: the result the seller reads."""
        completed = attempt.outputs["complete"]
        return Done(completed)


def _used_again(attempt: Attempt) -> Conversation:
    """Go on with the recorded draft or item where Vinted still has it."""
    item = yield from any_item(attempt, attempt.listing_id)
    if item is None:
        return made_anew(attempt)
    if not isinstance(item, Mapping):
        return item
    return already_sold("Vinted") if state_of(item) is ListingState.SOLD else draft_made(attempt.listing_id)


def _photos(attempt: Attempt) -> list[int]:
    return [output[NAME] for output in in_order(attempt, "upload")]


def _completed(attempt: Attempt, shown: Any) -> Done:
    """Return that buyers have seen the item, and what became of it since."""
    listing_id, item = chosen(attempt), cast("Item", shown) if isinstance(shown, Mapping) else {}
    address = address_of(attempt.account, listing_id, item)
    listed = Listed(listing_id, visible=True, url=address, photos=sent_photos(attempt, NAME), quantity=PIECES)
    return Done({"listing_id": listing_id, "url": address, **standing(state_of(item))}, listed=listed)

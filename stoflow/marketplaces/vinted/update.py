"""Updating on Vinted: the item is read as its owner edits it, and put back whole where it differs."""

from collections.abc import Mapping
from typing import Any, cast

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Command
from stoflow.domain.observed import ListingState
from stoflow.domain.outcome import (
    Absent,
    CannotTell,
    Done,
    Listed,
    Outcome,
    Refused,
    cannot_tell,
)
from stoflow.domain.product import ProductImage
from stoflow.marketplaces import checks
from stoflow.marketplaces.contract import Conversation, Looking
from stoflow.marketplaces.photos import sent_before, sent_photos
from stoflow.marketplaces.replies import answer_of
from stoflow.marketplaces.revision import says
from stoflow.marketplaces.vinted import failures
from stoflow.marketplaces.vinted.editing import as_written, edited, seen
from stoflow.marketplaces.vinted.items import PIECES, state_of
from stoflow.marketplaces.vinted.mapping import draft_fields
from stoflow.marketplaces.vinted.pictures import NAME, send_picture, with_kept_photo
from stoflow.marketplaces.vinted.validation import vinted_errors
from stoflow.marketplaces.vinted.wardrobe import find_item, own_item


class VintedUpdate:
    """One method per task; what a task learned is read from the outputs of those before it."""

    def validate(self, attempt: Attempt) -> Outcome:
        """Refuse with every reason at once, or go on."""
        return checks.ready_unless(
            (*checks.listing_errors(attempt, "Vinted"), *vinted_errors(attempt)),
            "The item cannot be updated on Vinted.",
        )

    def map(self, attempt: Attempt) -> Outcome:
        """Output: `item`, what StoFlow says of it."""
        return Done({"item": draft_fields(attempt)})

    def upload(self, attempt: Attempt) -> Conversation:
        """Let the plugin upload one photo, if the item has it not already."""
        return with_kept_photo(attempt, lambda photo, fingerprint: _send_unless_sent(attempt, photo, fingerprint))

    def read(self, attempt: Attempt) -> Conversation:
        """Output: `item` as it is to be put, none where nothing differs."""
        there = yield from own_item(attempt.listing_id)
        if there is None:
            return Refused("The item is no longer for sale on Vinted.")
        if not isinstance(there, Mapping):
            return there
        photos = [int(photo.name) for photo in sent_photos(attempt, NAME)]
        wanted = edited(there, attempt.outputs["map"]["item"], attempt, photos)
        return Done({"item": None if says(as_written(there), seen(wanted)) else wanted})

    def put_item(self, attempt: Attempt) -> Conversation:
        """Put the item whole, where it differs."""
        item = attempt.outputs["read"]["item"]
        if not item:
            return _updated(attempt, changed=False)
        payload = {"id": attempt.listing_id, "item": item, "upload_session_id": item["temp_uuid"]}
        answer = answer_of((yield Command("vinted.item.update", payload)))
        return _updated(attempt, changed=True) if answer.success else failures.outcome_of(answer, unsafe=True)

    def look_at_item(self, attempt: Attempt) -> Looking:
        """Ask for the item; where Vinted no longer shows it (sold, reserved, gone), look in the wardrobe: it takes no
        change any more."""
        answer = answer_of((yield Command("vinted.item.get", {"id": attempt.listing_id})))
        if answer.error_code == failures.NOT_FOUND:
            return (yield from _unshown(attempt))
        if not answer.success:
            return cannot_tell(failures.outcome_of(answer, unsafe=False))
        there = _item_in(failures.body_of(answer))
        is_there = there is not None and says(as_written(there), seen(attempt.outputs["read"]["item"]))
        return _updated(attempt, changed=True) if is_there else Absent("The item is as it was.")

    def save(self, attempt: Attempt) -> Outcome:
        """Output: the result the seller reads."""
        changed = ["item"] if attempt.outputs["item"]["changed"] else []
        return Done({"listing_id": attempt.listing_id, "changed": changed})


def _send_unless_sent(attempt: Attempt, photo: ProductImage, fingerprint: str) -> Conversation:
    known = sent_before(attempt, fingerprint)
    if known.isdigit():
        return Done({NAME: int(known), "fingerprint": fingerprint})
    return (yield from send_picture(attempt, photo, fingerprint))


def _unshown(attempt: Attempt) -> Looking:
    item = yield from find_item(attempt, attempt.listing_id)
    if item is None:
        return Refused("The item is no longer on Vinted.")
    if not isinstance(item, Mapping):
        return cannot_tell(item)
    if state_of(item) is ListingState.FOR_SALE:
        return CannotTell("Vinted does not show the item as it is edited.")
    return Refused("The item is no longer for sale on Vinted, which does not show whether it was changed before.")


def _item_in(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    item = body.get("item")
    return cast("Mapping[str, Any]", item) if isinstance(item, Mapping) else None


def _updated(attempt: Attempt, *, changed: bool) -> Done:
    listed = Listed(attempt.listing_id, visible=True, photos=sent_photos(attempt, NAME), quantity=PIECES)
    return Done({"changed": changed}, listed=listed)

"""Publishing on Etsy: a draft under a marker, photos, inventory, and the one call that describes and activates it."""

from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.observed import ListingState
from stoflow.domain.outcome import Absent, Broken, Done, Listed, Outcome, Refused, cannot_tell
from stoflow.marketplaces import checks
from stoflow.marketplaces.calls import with_photo
from stoflow.marketplaces.contract import Conversation, Looking
from stoflow.marketplaces.drafts import already_sold, chosen, draft_found, draft_made, made_anew, standing
from stoflow.marketplaces.etsy import failures
from stoflow.marketplaces.etsy.clients.listing import (
    create_draft_listing,
    get_listing,
    update_listing,
    update_listing_inventory,
)
from stoflow.marketplaces.etsy.drafts import find_draft
from stoflow.marketplaces.etsy.mapping import content_of, in_todays_labels, update_form
from stoflow.marketplaces.etsy.pictures import NAME, PHOTO_LIMIT_BYTES, send_picture
from stoflow.marketplaces.etsy.states import ACTIVE, DRAFT, MEANING, in_words
from stoflow.marketplaces.etsy.stock import left_of, no_more_than, offered_in
from stoflow.marketplaces.etsy.validation import etsy_errors
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.photos import sent_photos
from stoflow.marketplaces.replies import NOT_FOUND, is_success, reply_of


class EtsyPublication:
    """One method per task; what a task learned is read from the outputs of those before it."""

    def validate(self, attempt: Attempt) -> Outcome:
        """Refuse with every reason at once, or go on."""
        return checks.ready_unless(etsy_errors(attempt), "The product is not ready for Etsy.")

    def map(self, attempt: Attempt) -> Outcome:
        """Output: `draft` (the form without description), `inventory`, and the real `description`."""
        return Done(content_of(attempt))

    def create_draft(self, attempt: Attempt) -> Conversation:
        """Make a draft whose description is this attempt's marker; what the product has there already is used again."""
        if attempt.listing_id:
            return (yield from _used_again(attempt))
        form = in_todays_labels(attempt.outputs["map"]["draft"], attempt)
        if isinstance(form, Refused):
            return form
        described = {**form, "description": attempt.marker}
        reply = reply_of((yield create_draft_listing(attempt.account.external_id, described)))
        return (
            draft_made(text_in(reply.body, "listing_id"))
            if is_success(reply)
            else failures.outcome_of(reply, unsafe=True)
        )

    def look_for_draft(self, attempt: Attempt) -> Looking:
        """Find the draft that carries the marker, among all of the shop's."""
        found = yield from find_draft(attempt)
        if isinstance(found, str):
            return draft_found(found) if found else Absent("Etsy has no draft with the marker.")
        return cannot_tell(found)

    def upload(self, attempt: Attempt) -> Conversation:
        """Put one photo at its rank; output: its `image_id`, and its `fingerprint`."""
        return with_photo(attempt, PHOTO_LIMIT_BYTES, lambda photo: send_picture(attempt, chosen(attempt), photo))

    def store_inventory(self, attempt: Attempt) -> Conversation:
        """Put the inventory whole: the same call again changes nothing. What has sold of a listing is not put back."""
        mapped = attempt.outputs["map"]
        wanted = no_more_than(mapped["inventory"], left_of(attempt))
        reply = reply_of((yield update_listing_inventory(chosen(attempt), wanted)))
        return Done({"sku": mapped["sku"]}) if is_success(reply) else failures.outcome_of(reply, unsafe=False)

    def activate(self, attempt: Attempt) -> Conversation:
        """Replace the marker by the real description and make the listing active, in one call.

        All fields are sent: the chosen draft may be an earlier job's. What is active already is not made so again: it
        may have sold since.
        """
        mapped = attempt.outputs["map"]
        form = in_todays_labels(update_form(mapped["draft"], mapped["description"]), attempt)
        if isinstance(form, Refused):
            return form
        is_active = _state_before(attempt) == ACTIVE
        sent = form if is_active else {**form, "state": ACTIVE}
        reply = reply_of((yield update_listing(attempt.account.external_id, chosen(attempt), sent)))
        if not is_success(reply):
            return failures.outcome_of(reply, unsafe=True)
        return _shown(attempt, reply.body) if is_active else _active(attempt, reply.body)

    def look_for_listing(self, attempt: Attempt) -> Looking:
        """Read the listing's state: another than before the call proves that it was carried out, whichever it is now,
        for it may have sold or been ended since."""
        reply = reply_of((yield get_listing(chosen(attempt))))
        if reply.status == NOT_FOUND:
            return Absent("The draft is no longer on Etsy.")
        if not is_success(reply):
            return cannot_tell(failures.outcome_of(reply, unsafe=False))
        state = text_in(reply.body, "state")
        if state == ACTIVE or (state in MEANING and state not in {DRAFT, _state_before(attempt)}):
            return _shown(attempt, reply.body)
        return Absent(f"The listing is {in_words(state)}, as it was.")

    def save(self, attempt: Attempt) -> Outcome:
        """Output: the result the seller reads."""
        activated = attempt.outputs["activate"]
        return Done({**activated, "sku": attempt.outputs["map"]["sku"]})


def _used_again(attempt: Attempt) -> Conversation:
    """Go on with the recorded draft or listing where Etsy still has it."""
    reply = reply_of((yield get_listing(attempt.listing_id)))
    if reply.status == NOT_FOUND:
        return made_anew(attempt)
    if not is_success(reply):
        return failures.outcome_of(reply, unsafe=False)
    state = text_in(reply.body, "state")
    if MEANING.get(state) is ListingState.SOLD:
        return already_sold("Etsy")
    left = text_in(reply.body, "quantity") if state == ACTIVE else ""
    known = {"state": state, **({"left": int(left)} if left.isdecimal() else {})}
    return draft_made(attempt.listing_id, known=known)


def _state_before(attempt: Attempt) -> str:
    return str(attempt.outputs.get("create", {}).get("state", DRAFT))


def _active(attempt: Attempt, body: Any) -> Outcome:
    if text_in(body, "state") != ACTIVE:
        return Broken("Etsy did not make the listing active, and did not say why.")
    return _shown(attempt, body)


def _shown(attempt: Attempt, body: Any) -> Done:
    """Return that buyers have seen the listing, and what became of it since."""
    listing_id = chosen(attempt)
    url = text_in(body, "url") or f"https://www.etsy.com/listing/{listing_id}"
    photos, quantity = sent_photos(attempt, NAME), offered_in(attempt)
    listed = Listed(listing_id, visible=True, url=url, photos=photos, quantity=quantity)
    since = standing(MEANING.get(text_in(body, "state"), ListingState.FOR_SALE))
    return Done({"listing_id": listing_id, "url": url, **since}, listed=listed)

"""Updating on Etsy: the listing's changed fields, and its inventory, which is replaced whole."""

from collections.abc import Mapping
from html import unescape
from typing import Any, cast

from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import Absent, Done, Listed, LookResult, Outcome, Refused, cannot_tell
from stoflow.domain.product import SentPhoto
from stoflow.marketplaces import checks
from stoflow.marketplaces.calls import with_photo
from stoflow.marketplaces.contract import Conversation, Looking
from stoflow.marketplaces.etsy import failures
from stoflow.marketplaces.etsy.clients.listing import (
    get_listing,
    get_listing_inventory,
    update_listing,
    update_listing_inventory,
)
from stoflow.marketplaces.etsy.mapping import content_of, in_todays_labels, update_form
from stoflow.marketplaces.etsy.pictures import NAME, PHOTO_LIMIT_BYTES, images_by_rank, remove_pictures, send_picture
from stoflow.marketplaces.etsy.states import in_words
from stoflow.marketplaces.etsy.stock import changed_inventory, no_more_than, offered_in
from stoflow.marketplaces.etsy.validation import etsy_errors
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.photos import Photo, sent_photos
from stoflow.marketplaces.replies import NOT_FOUND, Reply, is_success, reply_of

FOR_SALE = frozenset({"active", "inactive"})
"""The states of a listing that an update leaves as they are: others cost a fee to bring back."""
TOGETHER = frozenset({"who_made", "when_made", "is_supply"})
"""Fields of which Etsy takes none without the others."""
NEVER_CHANGED = frozenset({"type"})
GONE = "The listing is no longer on Etsy."


class EtsyUpdate:
    """One method per task; what a task learned is read from the outputs of those before it."""

    def validate(self, attempt: Attempt) -> Outcome:
        """Refuse with every reason at once, or go on."""
        return checks.ready_unless(
            (*checks.listing_errors(attempt, "Etsy"), *etsy_errors(attempt)), "The listing cannot be updated on Etsy."
        )

    def map(self, attempt: Attempt) -> Outcome:
        """Output: `form` and `inventory`, what StoFlow says of them."""
        content = content_of(attempt)
        form = update_form(content["draft"], content["description"])
        return Done({"sku": content["sku"], "form": form, "inventory": content["inventory"]})

    def read(self, attempt: Attempt) -> Conversation:
        """Output: `form`, the fields that changed, `inventory` as it is to be put, none where nothing differs, and
        `images`, the photos there by rank."""
        mapped = attempt.outputs["map"]
        listing = reply_of((yield get_listing(attempt.listing_id, includes="Images")))
        amiss = _not_for_sale(listing)
        if amiss:
            return amiss
        stock = reply_of((yield get_listing_inventory(attempt.listing_id)))
        if not is_success(stock):
            return failures.outcome_of(stock, unsafe=False)
        replaced = changed_inventory(stock.body, mapped["inventory"], mapped["sku"])
        if isinstance(replaced, Refused):
            return replaced
        wanted = in_todays_labels(mapped["form"], attempt)
        if isinstance(wanted, Refused):
            return wanted
        form = _changed(listing.body, wanted)
        return Done({"form": form, "inventory": replaced, "images": images_by_rank(listing.body)})

    def upload(self, attempt: Attempt) -> Conversation:
        """Put one photo at its rank, if it is there no longer: what an update given up has sent shows already."""
        return with_photo(attempt, PHOTO_LIMIT_BYTES, lambda photo: _send_unless_there(attempt, photo))

    def trim(self, attempt: Attempt) -> Conversation:
        """Delete the photos StoFlow sent before at ranks the product has no longer."""
        surplus = attempt.listing_photos[len(sent_photos(attempt, NAME)) :]
        return (yield from remove_pictures(attempt, attempt.listing_id, [photo.name for photo in surplus]))

    def patch(self, attempt: Attempt) -> Conversation:
        """Send the listing's changed fields, where there are any."""
        form = attempt.outputs["read"]["form"]
        if not form:
            return Done({"changed": False})
        reply = reply_of((yield update_listing(attempt.account.external_id, attempt.listing_id, form)))
        return Done({"changed": True}, acted=True) if is_success(reply) else failures.outcome_of(reply, unsafe=True)

    def look_at_listing(self, attempt: Attempt) -> Looking:
        """Read the listing. One that is no longer for sale takes no change any more."""
        reply = reply_of((yield get_listing(attempt.listing_id)))
        if not is_success(reply):
            return _gone(reply)
        if not _changed(reply.body, attempt.outputs["read"]["form"]):
            return Done({"changed": True}, acted=True)
        return _ended(reply) or Absent("The listing is as it was.")

    def put_inventory(self, attempt: Attempt) -> Conversation:
        """Put the inventory whole, where it differs."""
        body = attempt.outputs["read"]["inventory"]
        if not body:
            return _updated(attempt, changed=False)
        reply = reply_of((yield update_listing_inventory(attempt.listing_id, body)))
        return _updated(attempt, changed=True) if is_success(reply) else failures.outcome_of(reply, unsafe=True)

    def look_at_inventory(self, attempt: Attempt) -> Looking:
        """Read the inventory, and where it differs the listing: what has sold takes no change any more, and was changed
        where only its quantity differs."""
        reply = reply_of((yield get_listing_inventory(attempt.listing_id)))
        if not is_success(reply):
            return _gone(reply)
        mapped = attempt.outputs["map"]
        if changed_inventory(reply.body, mapped["inventory"], mapped["sku"]) is None:
            return _updated(attempt, changed=True)
        listing = reply_of((yield get_listing(attempt.listing_id)))
        if not is_success(listing):
            return _gone(listing)
        ended = _ended(listing)
        if ended and changed_inventory(reply.body, no_more_than(mapped["inventory"], 0), mapped["sku"]) is None:
            return _updated(attempt, changed=True)
        return ended or Absent("The inventory is as it was.")

    def save(self, attempt: Attempt) -> Outcome:
        """Output: the result the seller reads."""
        outputs = attempt.outputs
        changed = [name for name in ("listing", "inventory") if outputs[name]["changed"]]
        return Done({"listing_id": attempt.listing_id, "sku": outputs["map"]["sku"], "changed": changed})


def _send_unless_there(attempt: Attempt, photo: Photo) -> Conversation:
    there = attempt.outputs["read"]["images"].get(str(attempt.index))
    if there and SentPhoto(photo.fingerprint, there) in attempt.listing_photos:
        return Done({NAME: there, "fingerprint": photo.fingerprint})
    return (yield from send_picture(attempt, attempt.listing_id, photo))


def _not_for_sale(listing: Reply) -> Outcome | None:
    """Return why there is nothing to update, None where there is."""
    if listing.status == NOT_FOUND:
        return Refused(GONE)
    if not is_success(listing):
        return failures.outcome_of(listing, unsafe=False)
    return None if text_in(listing.body, "state") in FOR_SALE else _refused(listing)


def _refused(listing: Reply) -> Refused:
    return Refused(f"The listing is {in_words(text_in(listing.body, 'state'))} on Etsy.")


def _gone(reply: Reply) -> LookResult:
    """Return what a look says to a reply that does not show what is looked at."""
    if reply.status == NOT_FOUND:
        return Refused(GONE)
    return cannot_tell(failures.outcome_of(reply, unsafe=False))


def _ended(listing: Reply) -> Refused | None:
    """Return that the listing takes no change any more, as others ended it, None where it does."""
    return _refused(listing) if text_in(listing.body, "state") not in {*FOR_SALE, ""} else None


def _changed(body: Any, wanted: Mapping[str, str]) -> Mapping[str, str]:
    """Return what of a form the listing does not say yet."""
    there = cast("Mapping[str, Any]", body) if isinstance(body, Mapping) else {}
    names = {name for name in wanted if name not in NEVER_CHANGED and not _says(there.get(name), wanted[name])}
    names |= TOGETHER & wanted.keys() if names & TOGETHER else set()
    return {name: value for name, value in wanted.items() if name in names}


def _says(value: Any, wanted: str) -> bool:
    """Say whether Etsy shows what was sent, be it with entities: “&amp;” for “&”."""
    return wanted in {shown := _as_form(value), unescape(shown)}


def _as_form(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(str(each) for each in cast("list[Any]", value))
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _updated(attempt: Attempt, *, changed: bool) -> Done:
    photos, quantity = sent_photos(attempt, NAME), offered_in(attempt)
    listed = Listed(attempt.listing_id, visible=True, photos=photos, quantity=quantity)
    return Done({"changed": changed}, listed=listed)

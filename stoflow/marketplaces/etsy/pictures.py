"""Photos of an Etsy listing: each has a rank, and one sent to a rank replaces what is there."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import Done
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.etsy import failures
from stoflow.marketplaces.etsy.clients.listing import delete_listing_image, upload_listing_image
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.photos import Photo
from stoflow.marketplaces.replies import NOT_FOUND, is_success, reply_of

PHOTO_LIMIT_BYTES = 9_500_000
NAME = "image_id"
"""The output that names a photo on Etsy."""


def images_by_rank(listing: Any) -> Mapping[str, str]:
    """Return the ids of the photos in a listing that was asked for with them, by rank as text."""
    body = cast("Mapping[str, Any]", listing) if isinstance(listing, Mapping) else {}
    images = cast("Sequence[Any]", body.get("images") or ())
    return {text_in(image, "rank"): text_in(image, "listing_image_id") for image in images}


def send_picture(attempt: Attempt, listing_id: str, photo: Photo) -> Conversation:
    """Put one photo at its rank; output: its id and its fingerprint. The same call again replaces it."""
    put = upload_listing_image(attempt.account.external_id, listing_id, photo, rank=attempt.index)
    reply = reply_of((yield put))
    if not is_success(reply):
        return failures.outcome_of(reply, unsafe=False)
    output = {NAME: text_in(reply.body, "listing_image_id"), "fingerprint": photo.fingerprint}
    return Done(output, acted=attempt.listing_visible)


def remove_pictures(attempt: Attempt, listing_id: str, names: list[str]) -> Conversation:
    """Delete these photos; those that are gone already are as good."""
    for name in names:
        reply = reply_of((yield delete_listing_image(attempt.account.external_id, listing_id, name)))
        if not is_success(reply) and reply.status != NOT_FOUND:
            return failures.outcome_of(reply, unsafe=False)
    return Done({"removed": len(names)}, acted=attempt.listing_visible and bool(names))

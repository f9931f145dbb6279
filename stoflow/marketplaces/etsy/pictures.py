"""Photos of an Etsy listing: each has a rank, and one sent to a rank replaces what is there."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import FilePart, Request
from stoflow.domain.outcome import Done
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.etsy import failures
from stoflow.marketplaces.etsy.drafts import API
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.photos import Photo
from stoflow.marketplaces.replies import NOT_FOUND, is_success, reply_of

PHOTO_LIMIT_BYTES = 9_500_000
NAME = "image_id"
"""The output that names a photo on Etsy."""


def images_of(attempt: Attempt, listing_id: str) -> str:
    """Return the path of a listing's photos."""
    return f"{API}/shops/{attempt.account.external_id}/listings/{listing_id}/images"


def images_by_rank(listing: Any) -> Mapping[str, str]:
    """Return the ids of the photos in a listing that was asked for with them, by rank as text."""
    body = cast("Mapping[str, Any]", listing) if isinstance(listing, Mapping) else {}
    images = cast("Sequence[Any]", body.get("images") or ())
    return {text_in(image, "rank"): text_in(image, "listing_image_id") for image in images}


def send_picture(attempt: Attempt, listing_id: str, photo: Photo) -> Conversation:
    """Put one photo at its rank; output: its id and its fingerprint. The same call again replaces it."""
    part = FilePart("image", photo.filename, photo.content, photo.content_type)
    rank = {"rank": str(attempt.index), "overwrite": "true"}
    reply = reply_of((yield Request("POST", images_of(attempt, listing_id), form=rank, files=(part,))))
    if not is_success(reply):
        return failures.outcome_of(reply, unsafe=False)
    return Done({NAME: text_in(reply.body, "listing_image_id"), "fingerprint": photo.fingerprint})


def remove_pictures(attempt: Attempt, listing_id: str, names: list[str]) -> Conversation:
    """Delete these photos; those that are gone already are as good."""
    for name in names:
        reply = reply_of((yield Request("DELETE", f"{images_of(attempt, listing_id)}/{name}")))
        if not is_success(reply) and reply.status != NOT_FOUND:
            return failures.outcome_of(reply, unsafe=False)
    return Done({"removed": len(names)})

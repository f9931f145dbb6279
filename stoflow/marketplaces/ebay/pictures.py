"""Sending pictures to eBay, which keeps one that no listing uses only for some days."""

from collections.abc import Mapping
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import Broken, Done
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.ebay import failures
from stoflow.marketplaces.ebay.clients.media import create_image_from_file
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.photos import Photo, sent_photos
from stoflow.marketplaces.replies import is_success, reply_of

PHOTO_LIMIT_BYTES = 12_000_000
NAME = "image_url"
"""The output that names a picture on eBay: its address."""


def with_pictures(item: Mapping[str, Any], attempt: Attempt) -> Mapping[str, Any]:
    """Return the inventory item with the pictures this job's uploads stand for, in order."""
    addresses = [photo.name for photo in sent_photos(attempt, NAME)]
    return {**item, "product": {**item["product"], "imageUrls": addresses}}


def send_picture(photo: Photo) -> Conversation:
    """Send one photo; output: its address and its fingerprint. Sent twice, the unused picture expires by itself."""
    reply = reply_of((yield create_image_from_file(photo)))
    if not is_success(reply):
        return failures.outcome_of(reply, unsafe=False)
    address = text_in(reply.body, "imageUrl")
    if not address:
        return Broken("eBay gave an uploaded picture no address.")
    return Done({NAME: address, "fingerprint": photo.fingerprint})

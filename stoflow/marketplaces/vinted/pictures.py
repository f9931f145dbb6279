"""Photos on Vinted: the plugin fetches each from StoFlow and uploads it."""

from collections.abc import Callable

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Command
from stoflow.domain.errors import PhotosUnavailable
from stoflow.domain.outcome import Broken, Done, FieldError, Refused, TryAgain
from stoflow.domain.product import ProductImage
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.photos import UnreadablePhoto, fingerprint_of, kept_photo
from stoflow.marketplaces.replies import answer_of
from stoflow.marketplaces.vinted import failures
from stoflow.marketplaces.vinted.mapping import upload_session

NAME = "photo_id"
"""The output that names a photo on Vinted."""


def with_kept_photo(attempt: Attempt, send: Callable[[ProductImage, str], Conversation]) -> Conversation:
    """Send the photo of this task, given with its fingerprint; one that cannot be read is refused."""
    try:
        photo, fingerprint = kept_photo(attempt, attempt.index), fingerprint_of(attempt, attempt.index)
    except UnreadablePhoto as error:
        return Refused(str(error), (FieldError("images", str(error)),))
    except PhotosUnavailable as error:
        return TryAgain(str(error), charged=False, away=True)
    return (yield from send(photo, fingerprint))


def send_picture(attempt: Attempt, photo: ProductImage, fingerprint: str) -> Conversation:
    """Let the plugin upload one photo; output: its id and its fingerprint. Sent twice, the first stays unused."""
    product = attempt.product.id if attempt.product else 0
    payload = {"temp_uuid": upload_session(attempt), "url": f"/api/products/{product}/photos/{photo.position}"}
    answer = answer_of((yield Command("vinted.photo.upload", payload)))
    if not answer.success:
        return failures.outcome_of_upload(answer)
    photo_id = text_in(failures.body_of(answer), "id")
    if not photo_id.isdigit():
        return Broken("Vinted gave an uploaded photo no id.")
    return Done({NAME: int(photo_id), "fingerprint": fingerprint})

"""Calls that many marketplaces have alike: a draft under a key, a photo at its place, a look, a listing that ends."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import FilePart, Reply, Request
from stoflow.domain.errors import PhotosUnavailable
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, Done, Listed, LookResult, Refused, TryAgain, cannot_tell
from stoflow.marketplaces.contract import Conversation, Looking, Step
from stoflow.marketplaces.drafts import draft_made
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.photos import Photo, UnreadablePhoto, read_photo
from stoflow.marketplaces.replies import Dialect, is_gone, is_success, reply_of


def put_draft(
    attempt: Attempt, path: str, body: Mapping[str, Any], says: Dialect, *, keeping: Sequence[str] = ()
) -> Conversation:
    """Keep a thing under a key of ours, hidden from buyers; repeatable, because the same call again changes nothing.

    `keeping` are texts of the answer for the output, beside the `listing_id`: how the thing stood before what follows.
    """
    reply = reply_of((yield Request("PUT", path, json=body)))
    if not is_success(reply):
        return says.outcome_of(reply, unsafe=False)
    known = {name: text_in(reply.body, name) for name in keeping}
    return draft_made(text_in(reply.body, "id"), instead_of=attempt.listing_id, known=known)


def with_photo(attempt: Attempt, limit_bytes: int, send: Callable[[Photo], Conversation]) -> Conversation:
    """Send the photo of this task; one that cannot be read is refused."""
    try:
        photo = read_photo(attempt, attempt.index, limit_bytes=limit_bytes)
    except UnreadablePhoto as error:
        return Refused(str(error))
    except PhotosUnavailable as error:
        return TryAgain(str(error), charged=False, away=True)
    return (yield from send(photo))


def put_photo(attempt: Attempt, path: str, says: Dialect, *, limit_bytes: int) -> Conversation:
    """Put the photo of this task at a path of its own, as the field `photo`, instead of what is there."""
    return with_photo(attempt, limit_bytes, lambda photo: _put(photo, path, says))


def _put(photo: Photo, path: str, says: Dialect) -> Conversation:
    part = FilePart("photo", photo.filename, photo.content, photo.content_type)
    reply = reply_of((yield Request("PUT", path, files=(part,))))
    return Done({"fingerprint": photo.fingerprint}) if is_success(reply) else says.outcome_of(reply, unsafe=False)


def look_at(path: str, says: Dialect, shown: Callable[[Reply], LookResult]) -> Looking:
    """Read what is there: `shown` is what an answer means; what is gone is absent, and a refusal tells nothing."""
    reply = reply_of((yield Request("GET", path)))
    if is_success(reply):
        return shown(reply)
    return Absent("It is gone.") if is_gone(reply) else cannot_tell(says.outcome_of(reply, unsafe=False))


def on_sale(listing_id: str, url: str) -> Done:
    """Return that buyers see the listing, and where: the result of a publication."""
    return Done({"listing_id": listing_id, "url": url}, listed=Listed(listing_id, visible=True, url=url))


class EndListing(BaseJobHandler):
    """Deletes a listing by its id, which no other will ever have; one that is gone already is as good."""

    action = "delete"

    def __init__(self, marketplace: str, path_of: Callable[[str], str], says: Dialect) -> None:
        self.marketplace = marketplace
        self._path_of = path_of
        self._says = says

    def make_steps(self) -> tuple[Step, ...]:
        end = Step("end", self._end, TaskKind.REPEATABLE, paced=True)
        return (end, Step("save", lambda attempt: Done(attempt.outputs["end"])))

    def _end(self, attempt: Attempt) -> Conversation:
        listing_id = attempt.listing_id
        if not listing_id:
            return Done({"listing_id": "", "already_gone": True})
        reply = yield from self.call_http("DELETE", self._path_of(listing_id))
        if is_success(reply) or is_gone(reply):
            return Done({"listing_id": listing_id, "already_gone": not is_success(reply)}, ended=listing_id)
        return self._says.outcome_of(reply, unsafe=False)

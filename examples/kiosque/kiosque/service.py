"""What StoFlow does on Kiosque, which keeps one notice under each SKU and shows it for a while once it is published."""

from collections.abc import Generator
from decimal import Decimal

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, FilePart, Reply, Request, Response
from stoflow.domain.outcome import Absent, Done, FieldError, Listed, LookResult, Outcome, Refused, cannot_tell
from stoflow.marketplaces import checks
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.drafts import draft_made
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.photos import UnreadablePhoto, read_photo
from stoflow.marketplaces.replies import NOT_FOUND, Dialect, is_success, reply_of

LIMITS = checks.Limits(lowest_price=Decimal(1), highest_quantity=1, most_photos=3)
CURRENCY = "EUR"


def reasons_in(reply: Reply) -> tuple[FieldError, ...]:
    """Return why Kiosque refuses: it says {"error"}."""
    reason = text_in(reply.body, "error")
    return (FieldError("kiosque", reason),) if reason else ()


SAYS = Dialect("Kiosque", reasons_in, pause_s=lambda _: 1.0)


class Counter:
    """One method per task."""

    def validate(self, attempt: Attempt) -> Outcome:
        errors = checks.basic_errors(attempt, LIMITS, CURRENCY)
        return Refused("The product is not ready for Kiosque.", errors) if errors else Done()

    def map(self, attempt: Attempt) -> Outcome:
        """Output: `sku`, and `notice`, the product in Kiosque's words."""
        product, price = checks.product_of(attempt), checks.settled_price(CURRENCY, attempt)
        notice = {"headline": product.title.strip(), "text": product.description, "price": str(price)}
        return Done({"sku": checks.sku_of(attempt), "notice": notice})

    def put(self, attempt: Attempt) -> Conversation:
        """Keep the notice under its SKU; repeatable, because the same call again changes nothing."""
        mapped = attempt.outputs["map"]
        reply = reply_of((yield Request("PUT", f"/notices/{mapped['sku']}", json=mapped["notice"])))
        if not is_success(reply):
            return SAYS.outcome_of(reply, unsafe=False)
        return draft_made(text_in(reply.body, "id"), instead_of=attempt.listing_id)

    def upload(self, attempt: Attempt) -> Conversation:
        """Put one photo at its place, instead of what is there."""
        try:
            photo = read_photo(attempt, attempt.index, limit_bytes=4_000_000)
        except UnreadablePhoto as error:
            return Refused(str(error))
        part = FilePart("photo", photo.filename, photo.content, photo.content_type)
        reply = reply_of((yield Request("PUT", f"{_path(attempt)}/photos/{attempt.index}", files=(part,))))
        return Done({"fingerprint": photo.fingerprint}) if is_success(reply) else SAYS.outcome_of(reply, unsafe=False)

    def publish(self, attempt: Attempt) -> Conversation:
        """Make the one call that buyers see."""
        reply = reply_of((yield Request("POST", f"{_path(attempt)}/publication")))
        return _listed(attempt, reply) if is_success(reply) else SAYS.outcome_of(reply, unsafe=True)

    def look_for_publication(self, attempt: Attempt) -> Generator[Call, Response, LookResult]:
        """Find out by the notice what became of a call that nobody answered."""
        reply = reply_of((yield Request("GET", _path(attempt))))
        if is_success(reply):
            return Absent("It is a draft.") if text_in(reply.body, "state") == "draft" else _listed(attempt, reply)
        return Absent("It is gone.") if reply.status == NOT_FOUND else cannot_tell(SAYS.outcome_of(reply, unsafe=False))

    def end(self, attempt: Attempt) -> Conversation:
        """Delete the notice by its id, which no other will ever have; one that is gone already is as good."""
        listing_id = attempt.listing_id
        if not listing_id:
            return Done({"listing_id": "", "already_gone": True})
        reply = reply_of((yield Request("DELETE", f"/notices/{listing_id}")))
        if is_success(reply) or reply.status == NOT_FOUND:
            return Done({"listing_id": listing_id, "already_gone": not is_success(reply)}, ended=listing_id)
        return SAYS.outcome_of(reply, unsafe=False)


def _path(attempt: Attempt) -> str:
    return f"/notices/{attempt.outputs['put']['listing_id']}"


def _listed(attempt: Attempt, reply: Reply) -> Done:
    """Return the notice as it is now; one whose days are over was published, and is no longer there for buyers."""
    listing_id, url = attempt.outputs["put"]["listing_id"], text_in(reply.body, "url")
    said = {"listing_id": listing_id, "url": url}
    if text_in(reply.body, "state") == "ended":
        return Done({**said, "state": "ended"}, ended=listing_id)
    return Done(said, listed=Listed(listing_id, visible=True, url=url))

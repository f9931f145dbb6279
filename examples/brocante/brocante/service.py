"""What StoFlow does on Brocante, which keeps one thing under each SKU of ours, hidden until it is put on sale."""

from collections.abc import Generator
from decimal import Decimal

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, FilePart, Reply, Request, Response
from stoflow.domain.outcome import Absent, Broken, Done, FieldError, Listed, LookResult, Outcome, Refused, cannot_tell
from stoflow.marketplaces import checks
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.drafts import draft_made
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.photos import UnreadablePhoto, read_photo
from stoflow.marketplaces.replies import NOT_FOUND, Dialect, is_success, reply_of

LIMITS = checks.Limits(lowest_price=Decimal(1), highest_quantity=1, most_photos=4)
CURRENCY = "EUR"


def reasons_in(reply: Reply) -> tuple[FieldError, ...]:
    """Return why Brocante refuses: it says {"error", "field"}."""
    reason = text_in(reply.body, "error")
    return (FieldError(text_in(reply.body, "field") or "brocante", reason),) if reason else ()


SAYS = Dialect("Brocante", reasons_in, pause_s=lambda _: 1.0)


class Stall:
    """One method per task; what a task learned is read from the outputs of those before it."""

    def validate(self, attempt: Attempt) -> Outcome:
        """Refuse with every reason at once, each naming its field, or go on."""
        errors = checks.basic_errors(attempt, LIMITS, CURRENCY)
        return Refused("The product is not ready for Brocante.", errors) if errors else Done()

    def map(self, attempt: Attempt) -> Outcome:
        """Output: `sku`, and `thing`, the product in Brocante's words."""
        product = checks.product_of(attempt)
        thing = {
            "title": product.title.strip(),
            "description": product.description,
            "price": str(checks.settled_price(CURRENCY, attempt)),
            "shelf": checks.category_of(attempt).name,
        }
        return Done({"sku": checks.sku_of(attempt), "thing": thing})

    def put(self, attempt: Attempt) -> Conversation:
        """Keep the thing under its SKU; repeatable, because the same call again changes nothing."""
        mapped = attempt.outputs["map"]
        reply = reply_of((yield Request("PUT", f"/things/{mapped['sku']}", json=mapped["thing"])))
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

    def put_on_sale(self, attempt: Attempt) -> Conversation:
        """Make the one call that buyers see; unsafe, so that StoFlow looks before it would make it again."""
        reply = reply_of((yield Request("POST", f"{_path(attempt)}/sale")))
        return _on_sale(attempt, reply) if is_success(reply) else SAYS.outcome_of(reply, unsafe=True)

    def look_for_sale(self, attempt: Attempt) -> Generator[Call, Response, LookResult]:
        """Find out what became of a call that nobody answered."""
        reply = reply_of((yield Request("GET", _path(attempt))))
        if reply.status == NOT_FOUND:
            return Absent("The thing is gone.")
        shown = _on_sale(attempt, reply) if is_success(reply) else SAYS.outcome_of(reply, unsafe=False)
        if isinstance(shown, Done):
            return shown
        return Absent("The thing is hidden.") if text_in(reply.body, "state") == "hidden" else cannot_tell(shown)

    def end(self, attempt: Attempt) -> Conversation:
        """Delete the thing by its id, which no other will ever have; one that is gone already is as good."""
        listing_id = attempt.listing_id
        if not listing_id:
            return Done({"listing_id": "", "already_gone": True})
        reply = reply_of((yield Request("DELETE", f"/things/{listing_id}")))
        if is_success(reply) or reply.status == NOT_FOUND:
            return Done({"listing_id": listing_id, "already_gone": not is_success(reply)}, ended=listing_id)
        return SAYS.outcome_of(reply, unsafe=False)


def _path(attempt: Attempt) -> str:
    return f"/things/{attempt.outputs['put']['listing_id']}"


def _on_sale(attempt: Attempt, reply: Reply) -> Outcome:
    if text_in(reply.body, "state") != "active":
        return Broken("Brocante does not say that the thing is on sale.")
    listing_id, url = attempt.outputs["put"]["listing_id"], text_in(reply.body, "url")
    return Done({"listing_id": listing_id, "url": url}, listed=Listed(listing_id, visible=True, url=url))

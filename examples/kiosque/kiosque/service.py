"""What StoFlow does on Kiosque, which prints a notice some time after it was asked to, and shows it for a while."""

from decimal import Decimal

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Reply, Request
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, CannotTell, Done, Failed, LookResult, Outcome, Pending
from stoflow.marketplaces import checks
from stoflow.marketplaces.calls import look_at, on_sale, put_draft, put_photo
from stoflow.marketplaces.contract import Conversation, Looking, Step
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import Dialect, is_success, lock_at, reason_at, reply_of

LIMITS = checks.Limits(lowest_price=Decimal(1), highest_quantity=1, most_photos=3)
CURRENCY, POLL_S, PRINTED_WITHIN_S, KEPT = "EUR", 5.0, 1800.0, ("operation",)
CLOSED = lock_at(until="until", address="unlock")
SAYS = Dialect("Kiosque", reason_at("error", otherwise="kiosque"), pause_s=lambda _: 1.0, lock=CLOSED)


class PublishKiosque(BaseJobHandler):
    marketplace, action = "kiosque", "publish"
    per_photo = frozenset({"upload"})
    most_photos = LIMITS.most_photos

    def make_steps(self) -> tuple[Step, ...]:
        return (
            Step("validate", self.validate),
            Step("map", self.map),
            Step("put", self.put, TaskKind.REPEATABLE),
            Step("upload", self.upload, TaskKind.REPEATABLE),
            Step("print", self.print, TaskKind.UNSAFE, paced=True, look=self.look_for_print),
            Step("save", lambda attempt: Done(attempt.outputs["print"])),
        )

    def validate(self, attempt: Attempt) -> Outcome:
        return checks.readiness(attempt, "Kiosque", LIMITS, CURRENCY)

    def map(self, attempt: Attempt) -> Outcome:
        product, price = checks.product_of(attempt), str(checks.settled_price(CURRENCY, attempt))
        return Done({"headline": product.title.strip(), "text": product.description, "price": price})

    def put(self, attempt: Attempt) -> Conversation:
        return put_draft(attempt, f"/notices/{checks.sku_of(attempt)}", attempt.outputs["map"], SAYS, keeping=KEPT)

    def upload(self, attempt: Attempt) -> Conversation:
        return put_photo(attempt, f"{_path(attempt)}/photos/{attempt.index}", SAYS, limit_bytes=4_000_000)

    def print(self, attempt: Attempt) -> Conversation:
        """Ask for the one thing that buyers see; Kiosque names the operation and goes on by itself."""
        reply = reply_of((yield Request("POST", f"{_path(attempt)}/print")))
        return _printing(reply) if is_success(reply) else SAYS.outcome_of(reply, unsafe=True)

    def look_for_print(self, attempt: Attempt) -> Looking:
        """Ask the operation, or, where its name was in an answer that was lost, the notice."""
        path = f"/operations/{attempt.operation['id']}" if attempt.operation else _path(attempt)
        return look_at(path, SAYS, lambda reply: _became(attempt, reply))


def _path(attempt: Attempt) -> str:
    return f"/notices/{attempt.outputs['put']['listing_id']}"


def _printing(reply: Reply) -> Pending:
    return Pending("Kiosque prints the notice.", POLL_S, PRINTED_WITHIN_S, {"id": text_in(reply.body, "operation")})


def _became(attempt: Attempt, reply: Reply) -> LookResult:
    listing_id, url = attempt.outputs["put"]["listing_id"], text_in(reply.body, "url")
    match text_in(reply.body, "state"):
        case "printing":
            return _printing(reply)
        case "live":
            return on_sale(listing_id, url)
        case "over" if attempt.operation or text_in(reply.body, "operation") != attempt.outputs["put"]["operation"]:
            return Done({"listing_id": listing_id, "url": url, "state": "over"}, ended=listing_id)
        case "failed":
            return Failed(text_in(reply.body, "error"))
        case "draft" | "over":
            return Absent("It is not printed.")
        case _:
            return CannotTell("Kiosque does not say how the notice stands.")

"""What StoFlow does on Brocante, which keeps one thing under each SKU of ours, hidden until it is put on sale."""

from decimal import Decimal

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Reply
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, Broken, CannotTell, Done, LookResult, Outcome
from stoflow.marketplaces import checks
from stoflow.marketplaces.calls import look_at, on_sale, put_draft, put_photo
from stoflow.marketplaces.contract import Conversation, Looking, Step
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import Dialect, is_success, reason_at

LIMITS = checks.Limits(lowest_price=Decimal(1), highest_quantity=1, most_photos=4)
CURRENCY = "EUR"
SAYS = Dialect("Brocante", reason_at("error", otherwise="brocante", field="field"), pause_s=lambda _: 1.0)


class PublishBrocante(BaseJobHandler):
    """One method per task; what a task learned is read from the outputs of those before it."""

    marketplace = "brocante"
    action = "publish"
    per_photo = frozenset({"upload"})
    most_photos = LIMITS.most_photos

    def make_steps(self) -> tuple[Step, ...]:
        return (
            Step("validate", self.validate),
            Step("map", self.map),
            Step("put", self.put, TaskKind.REPEATABLE),
            Step("upload", self.upload, TaskKind.REPEATABLE),
            Step("sale", self.put_on_sale, TaskKind.UNSAFE, paced=True, look=self.look_for_sale),
            Step("save", lambda attempt: Done(attempt.outputs["sale"])),
        )

    def validate(self, attempt: Attempt) -> Outcome:
        """Refuse with every reason at once, each naming its field, or go on."""
        return checks.readiness(attempt, "Brocante", LIMITS, CURRENCY)

    def map(self, attempt: Attempt) -> Outcome:
        """Output: the product in Brocante's words."""
        product = checks.product_of(attempt)
        thing = {
            "title": product.title.strip(),
            "description": product.description,
            "price": str(checks.settled_price(CURRENCY, attempt)),
            "shelf": checks.category_of(attempt).name,
        }
        return Done(thing)

    def put(self, attempt: Attempt) -> Conversation:
        """Keep the thing under its SKU; repeatable, because the same call again changes nothing."""
        return put_draft(attempt, f"/things/{checks.sku_of(attempt)}", attempt.outputs["map"], SAYS)

    def upload(self, attempt: Attempt) -> Conversation:
        """Put one photo at its place, instead of what is there."""
        return put_photo(attempt, f"{_path(attempt)}/photos/{attempt.index}", SAYS, limit_bytes=4_000_000)

    def put_on_sale(self, attempt: Attempt) -> Conversation:
        """Make the one call that buyers see; unsafe, so that StoFlow looks before it would make it again."""
        reply = yield from self.call_http("POST", f"{_path(attempt)}/sale")
        if not is_success(reply):
            return SAYS.outcome_of(reply, unsafe=True)
        shown = _shown(reply)
        return shown if isinstance(shown, Done) else Broken("Brocante does not say that the thing is on sale.")

    def look_for_sale(self, attempt: Attempt) -> Looking:
        """Find out what became of a call that nobody answered."""
        return look_at(_path(attempt), SAYS, _shown)


def _path(attempt: Attempt) -> str:
    return f"/things/{attempt.outputs['put']['listing_id']}"


def _shown(reply: Reply) -> LookResult:
    match text_in(reply.body, "state"):
        case "active":
            return on_sale(text_in(reply.body, "id"), text_in(reply.body, "url"))
        case "hidden":
            return Absent("The thing is hidden.")
        case _:
            return CannotTell("Brocante does not say how the thing stands.")

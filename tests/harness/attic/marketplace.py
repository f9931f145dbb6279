"""Attic: a second marketplace without an API, where a seller's browser offers a lot with one command."""

from stoflow.domain.attempt import Attempt
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, CannotTell, Done, SellerMustAct, Unknown
from stoflow.marketplaces import checks
from stoflow.marketplaces.actions import PUBLISH
from stoflow.marketplaces.calls import on_sale
from stoflow.marketplaces.contract import Conversation, Looking, Marketplace, Step
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.marketplaces.outputs import text_in

LOT = "https://attic.example/a-lot"


class OfferLot(BaseJobHandler):
    marketplace = "attic"
    action = "publish"

    def make_steps(self) -> tuple[Step, ...]:
        return (
            Step("check", lambda _: Done({})),
            Step("offer", self.offer, TaskKind.UNSAFE, paced=True, look=self.find),
            Step("tell", lambda attempt: Done(attempt.outputs["offer"])),
        )

    def offer(self, attempt: Attempt) -> Conversation:
        lot = {"ref": checks.sku_of(attempt), "title": checks.product_of(attempt).title}
        answer = yield from self.call_plugin("lot.offer", lot)
        if answer.success:
            return on_sale(text_in(answer.data, "id"), LOT)
        if answer.error_code == "session_lost":
            return SellerMustAct(answer.error_message)
        return Unknown(answer.error_message)

    def find(self, attempt: Attempt) -> Looking:
        answer = yield from self.call_plugin("attic.lot.find", {"ref": checks.sku_of(attempt)})
        if not answer.success:
            return CannotTell(answer.error_message)
        lot = text_in(answer.data, "id")
        return on_sale(lot, LOT) if lot else Absent()


ATTIC = Marketplace(
    name="attic",
    transport="plugin",
    actions=(PUBLISH,),
    handlers={"publish": OfferLot()},
    products=frozenset({"publish"}),
)

"""A Vinted member in the sandbox: jobs on the account, and what happens there behind StoFlow's back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Command
from stoflow.domain.observed import ListingsSeen, OrdersSeen
from stoflow.domain.outcome import Done
from stoflow.domain.product import Product
from stoflow.marketplaces.replies import answer_of
from stoflow.marketplaces.vinted.marketplace import VINTED
from stoflow.testing.acting import Acting, Site
from stoflow_sandbox.calls import Effect
from stoflow_sandbox.faults import FaultKind, ScriptedFault
from stoflow_sandbox.sellers import Seller
from stoflow_sandbox.server import SandboxServer
from stoflow_sandbox.vinted.browser import API, Browser
from stoflow_sandbox.vinted.market import VintedMarket

TENANT = 7


@dataclass
class Asked(Acting):
    """A job that was asked for with a payload, `since` the last complete run."""

    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])
    since: datetime | None = None

    def attempt(self, task: str, *, marker: str = "") -> Attempt:
        return replace(super().attempt(task, marker=marker), payload=self.payload, since=self.since)

    def pages(self) -> list[Any]:
        """Do each task that the one before names, but the last; return what they saw."""
        seen: list[ListingsSeen | OrdersSeen] = []
        task = self.tasks[0]
        while task != "save":
            outcome = self.do(task)
            assert isinstance(outcome, Done), outcome
            assert outcome.seen is not None
            seen.append(outcome.seen)
            task = outcome.seen.then
        return seen


@dataclass
class Member:
    """`listed` publishes, the others act as people do on the site."""

    site: Site
    server: SandboxServer
    product: Product
    media_root: str

    @property
    def market(self) -> VintedMarket:
        (found,) = (market for market in self.server.sandbox.markets if isinstance(market, VintedMarket))
        return found

    def ask(self, action: str, **fields: Any) -> Asked:
        return Asked(VINTED.handlers[action], self.site, self.product, self.media_root, **fields)

    def listed(self, *, until: str = "") -> str:
        """Publish the product once more; return its new listing."""
        publishing = self.ask("publish")
        publishing.run(until=until)
        self.site.calls.clear()
        return publishing.listing_id

    def behave(self, act: str, listing_id: str, **wishes: Any) -> Effect:
        member = Seller("vinted", self.site.account.external_id, "")
        return self.market.behave(member, act, {"listing_id": listing_id, **wishes})

    def on_site(self, method: str, path: str, **body: Any) -> Any:
        """Return what the site answers the member's own page."""
        browser = Browser(self.server.url)
        assert browser.sign_in_as(TENANT), "the member made last is the one who is signed in"
        reply = browser.call(method, f"{API}{path}", **body)
        browser.close()
        assert reply.is_success, reply
        return reply.body

    def conversation_about(self, listing_id: str) -> int:
        """Return the one conversation about a listing."""
        inbox = self.on_site("GET", "/inbox")["conversations"]
        (found,) = (each["id"] for each in inbox if str(each["item_id"]) == listing_id)
        return found

    def said(self, conversation: int) -> list[str]:
        """Return what the member said, oldest first."""
        answer = answer_of(self.site.answer(Command("vinted.conversation.get", {"id": conversation})))
        return [message["entity"]["body"] for message in answer.data["body"]["conversation"]["messages"]]

    def goes_wrong(self, operation: str, fault: FaultKind) -> None:
        """Let the next call of this operation go wrong."""
        script = ScriptedFault("vinted", operation, fault, seller=self.site.account.external_id)
        self.server.sandbox.faults.add_script([script])

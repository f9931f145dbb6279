"""Bazaar as the sandbox plays it: what is sent is for sale at once."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from stoflow_sandbox.application import Application
from stoflow_sandbox.calls import Answer, Effect, ReceivedCall, Refusal
from stoflow_sandbox.clock import MACHINE_CLOCK, Clock
from stoflow_sandbox.kept import Thing, whose
from stoflow_sandbox.market import Deed, Deeds, Market, Operation, Paced
from stoflow_sandbox.sellers import Numbers, Seller, TokenBook

SOLD: Deeds = {"ad.create": (Deed.ACTIVATED,), "ad.change": (Deed.UPDATED,), "ad.delete": (Deed.ENDED,)}
PACE: Paced = {"publish": frozenset({"ad.create", "ad.change"}), "delete": frozenset({"ad.delete"})}


class BazaarMarket(Market):
    name = "bazaar"
    deeds: Deeds = SOLD
    paced: Paced = PACE

    def __init__(self, application: Application, *, token_speed: float = 1.0, clock: Clock = MACHINE_CLOCK) -> None:
        self.tokens, self._numbers = TokenBook(clock), Numbers()
        self._ads: dict[str, Thing] = {}

    @staticmethod
    def variables(url: str, application: Application) -> Mapping[str, str]:
        return {"STOFLOW_BAZAAR_URL": url}

    def operations(self) -> Sequence[Operation]:
        return (
            Operation("me.get", "GET", "/me", lambda call: Answer(200, {"me": whose(call)})),
            Operation("ad.search", "GET", "/ads", self._search),
            Operation("ad.create", "POST", "/ads", self._create),
            Operation("ad.change", "PUT", "/ads/{number}", self._change),
            Operation("ad.delete", "DELETE", "/ads/{number}", self._delete),
        )

    def token_of(self, headers: Mapping[str, str]) -> str:
        return headers.get("x-key", "")

    def authorize(self, call: ReceivedCall) -> None:
        if not self.tokens.is_live(self.token_of(call.headers)):
            raise Refusal(Answer(401, {"problem": "This key is not good."}))

    def make_seller(self, *, name: str, tenant: int | None, wishes: Mapping[str, Any]) -> Seller:
        return Seller(self.name, f"bazaar-{self._numbers.take()}", name, tenant, wishes)

    def grant(self, seller: Seller) -> Mapping[str, Any]:
        key = f"BZ{self._numbers.take()}"
        self.tokens.know(key, seller, expires_at=inf)
        return {"credentials": {"key": key}}

    def _ad(self, call: ReceivedCall) -> Thing:
        found = self._ads.get(call.path["number"])
        if found is None or found["seller"] != whose(call):
            raise Refusal(self.not_found())
        return found

    def _search(self, call: ReceivedCall) -> Answer:
        mine = {"seller": whose(call), "ref": call.query["ref"]}
        return Answer(200, {"ads": [ad for ad in self._ads.values() if mine.items() <= ad.items()]})

    def _create(self, call: ReceivedCall) -> Answer:
        number = str(self._numbers.take())
        self._ads[number] = {**call.json, "id": number, "seller": whose(call)}
        return _changed(self._ads[number])

    def _change(self, call: ReceivedCall) -> Answer:
        ad = self._ad(call)
        ad.update(call.json)
        return _changed(ad)

    def _delete(self, call: ReceivedCall) -> Answer:
        return _changed(self._ads.pop(self._ad(call)["id"]), state="deleted")


def _changed(ad: Thing, state: str = "active") -> Answer:
    return Answer(200, ad, effect=Effect(listing_id=ad["id"], sku=ad["ref"], state=state, title=ad["title"]))

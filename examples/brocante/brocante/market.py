"""Brocante as the sandbox plays it: sellers, their things, and its own words for trouble."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from brocante.marketplace import PREFIX
from stoflow_sandbox.application import Application
from stoflow_sandbox.calls import Answer, Effect, ReceivedCall, Refusal
from stoflow_sandbox.market import Deed, Deeds, Market, Operation, Paced
from stoflow_sandbox.sellers import Numbers, Seller, TokenBook

DEEDS: Deeds = {"thing.sell": (Deed.ACTIVATED,), "thing.delete": (Deed.ENDED,)}
PACED: Paced = {"publish": frozenset({"thing.sell"}), "delete": frozenset({"thing.delete"})}


class BrocanteMarket(Market):
    name = "brocante"
    deeds: Deeds = DEEDS
    paced: Paced = PACED

    def __init__(self, application: Application, *, token_speed: float = 1.0) -> None:
        self.tokens, self._numbers, self._application = TokenBook(), Numbers(), application
        self._life_s = 3600 / token_speed
        self._things: dict[str, dict[str, Any]] = {}

    @staticmethod
    def variables(url: str, application: Application) -> Mapping[str, str]:
        names = {"BASE_URL": url, "CLIENT_ID": application.client_id, "CLIENT_SECRET": application.client_secret}
        return {f"{PREFIX}{name}": value for name, value in names.items()}

    def operations(self) -> Sequence[Operation]:
        thing = "/things/{number}"
        return (
            Operation("token.refresh", "POST", "/oauth/token", self._refresh, open_door=True),
            Operation("thing.get", "GET", thing, lambda call: Answer(200, self._thing(call))),
            Operation("thing.delete", "DELETE", thing, self._delete),
            Operation("thing.sell", "POST", f"{thing}/sale", self._put_on_sale),
            Operation("photo.put", "PUT", f"{thing}/photos/{{place}}", self._add_photo),
            Operation("thing.put", "PUT", "/things/{sku}", self._put),
        )

    def token_of(self, headers: Mapping[str, str]) -> str:
        return headers.get("authorization", "").removeprefix("Bearer ")

    def authorize(self, call: ReceivedCall) -> None:
        if not self.tokens.is_live(self.token_of(call.headers), time.time()):
            raise Refusal(Answer(401, {"error": "Sign in again."}))

    def make_seller(self, *, name: str, tenant: int | None, wishes: Mapping[str, Any]) -> Seller:
        return Seller(self.name, f"stall-{self._numbers.take()}", name, tenant, wishes)

    def grant(self, seller: Seller) -> Mapping[str, Any]:
        return self.tokens.grant(seller, life_s=self._life_s)

    def _refresh(self, call: ReceivedCall) -> Answer:
        seller = self.tokens.refreshed_by(call.form.get("refresh_token", ""))
        if seller is None or not self._application.opens_with_basic(call.headers.get("authorization", "")):
            return Answer(400, {"error": "invalid_grant"})
        return Answer(200, self.grant(seller), effect=Effect(seller=seller))

    def _thing(self, call: ReceivedCall) -> dict[str, Any]:
        found = self._things.get(call.path["number"])
        if found is None or found["seller"] != (call.seller and call.seller.external_id):
            raise Refusal(self.not_found())
        return found

    def _put(self, call: ReceivedCall) -> Answer:
        whose = {"seller": call.seller and call.seller.external_id, "sku": call.path["sku"]}
        thing = next((each for each in self._things.values() if whose.items() <= each.items()), None)
        if thing is None:
            number = str(self._numbers.take())
            url = f"https://brocante.example/things/{number}"
            thing = self._things[number] = {**whose, "id": number, "url": url, "state": "hidden", "photos": []}
        thing.update(call.json)
        return _changed(thing)

    def _add_photo(self, call: ReceivedCall) -> Answer:
        thing = self._thing(call)
        thing["photos"] = sorted({*thing["photos"], call.path["place"]})
        return _changed(thing)

    def _put_on_sale(self, call: ReceivedCall) -> Answer:
        thing = self._thing(call)
        if not thing["photos"]:
            raise Refusal(Answer(422, {"error": "Nobody buys what cannot be seen.", "field": "images"}))
        thing["state"] = "active"
        return _changed(thing)

    def _delete(self, call: ReceivedCall) -> Answer:
        return _changed({**self._things.pop(self._thing(call)["id"]), "state": "deleted"})


def _changed(thing: dict[str, Any]) -> Answer:
    state, title = thing["state"], thing["title"]
    return Answer(200, thing, effect=Effect(listing_id=str(thing["id"]), sku=thing["sku"], state=state, title=title))

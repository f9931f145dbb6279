"""Brocante as the sandbox plays it: sellers, their things, and its own words for trouble."""

from collections.abc import Mapping, Sequence

from stoflow_sandbox.application import Application
from stoflow_sandbox.bearer import BearerMarket
from stoflow_sandbox.calls import Answer, Effect, ReceivedCall, Refusal
from stoflow_sandbox.clock import MACHINE_CLOCK, Clock
from stoflow_sandbox.kept import KeptThings, Thing
from stoflow_sandbox.market import Deed, Deeds, Operation, Paced

DEEDS: Deeds = {"thing.sell": (Deed.ACTIVATED,), "thing.delete": (Deed.ENDED,)}
PACED: Paced = {"publish": frozenset({"thing.sell"}), "delete": frozenset({"thing.delete"})}


class BrocanteMarket(BearerMarket):
    name = "brocante"
    deeds: Deeds = DEEDS
    paced: Paced = PACED

    def __init__(self, application: Application, *, token_speed: float = 1.0, clock: Clock = MACHINE_CLOCK) -> None:
        super().__init__(application, token_speed=token_speed, clock=clock)
        self._things = KeptThings(self.numbers, "https://brocante.example/things/{}")

    @staticmethod
    def variables(url: str, application: Application) -> Mapping[str, str]:
        names = {"BASE_URL": url, "CLIENT_ID": application.client_id, "CLIENT_SECRET": application.client_secret}
        return {f"STOFLOW_BROCANTE_{name}": value for name, value in names.items()}

    def operations(self) -> Sequence[Operation]:
        thing, things = "/things/{number}", self._things
        return (
            self.renewal("/oauth/token"),
            Operation("thing.get", "GET", thing, lambda call: Answer(200, things.of(call))),
            Operation("thing.delete", "DELETE", thing, self._delete),
            Operation("thing.sell", "POST", f"{thing}/sale", self._put_on_sale),
            Operation("photo.put", "PUT", f"{thing}/photos/{{place}}", lambda call: _changed(things.add_photo(call))),
            Operation("thing.put", "PUT", "/things/{sku}", self._put),
        )

    def _put(self, call: ReceivedCall) -> Answer:
        return _changed(self._things.put(call, {"state": "hidden"}))

    def _delete(self, call: ReceivedCall) -> Answer:
        return _changed({**self._things.remove(call), "state": "deleted"})

    def _put_on_sale(self, call: ReceivedCall) -> Answer:
        thing = self._things.of(call)
        if not thing["photos"]:
            raise Refusal(Answer(422, {"error": "Nobody buys what cannot be seen.", "field": "images"}))
        thing["state"] = "active"
        return _changed(thing)


def _changed(thing: Thing) -> Answer:
    state, title = thing["state"], thing["title"]
    return Answer(200, thing, effect=Effect(listing_id=thing["id"], sku=thing["sku"], state=state, title=title))

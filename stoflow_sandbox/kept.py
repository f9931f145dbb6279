"""What sellers keep on a simulated marketplace, each thing under a key of theirs and a number of the marketplace's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stoflow_sandbox.calls import Answer, ReceivedCall, Refusal
from stoflow_sandbox.sellers import Numbers

Thing = dict[str, Any]
NOT_FOUND = Answer(404, {"error": "There is no such thing."})


@dataclass
class KeptThings:
    """By number. `url` is where buyers find one, with {} for its number; a path names the key `sku`, the `number`, or
    the `place` of a photo."""

    numbers: Numbers
    url: str
    by_number: dict[str, Thing] = field(default_factory=dict[str, Thing])

    def of(self, call: ReceivedCall) -> Thing:
        """Return the caller's thing that the path names, or refuse."""
        found = self.by_number.get(call.path["number"])
        if found is None or found["seller"] != whose(call):
            raise Refusal(NOT_FOUND)
        return found

    def put(self, call: ReceivedCall, new: Mapping[str, Any]) -> Thing:
        """Keep what was sent under the key in the path: a thing that is there is changed, another begins as `new`."""
        mine = {"seller": whose(call), "sku": call.path["sku"]}
        thing = next((each for each in self.by_number.values() if mine.items() <= each.items()), None)
        if thing is None:
            number = str(self.numbers.take())
            thing = self.by_number[number] = {**mine, "id": number, "url": self.url.format(number), "photos": [], **new}
        thing.update(call.json)
        return thing

    def add_photo(self, call: ReceivedCall) -> Thing:
        """Put a photo at the place in the path, instead of what is there."""
        thing = self.of(call)
        thing["photos"] = sorted({*thing["photos"], call.path["place"]})
        return thing

    def remove(self, call: ReceivedCall) -> Thing:
        """Take the thing away; return what it was."""
        return self.by_number.pop(self.of(call)["id"])


def whose(call: ReceivedCall) -> str:
    """Return the seller who calls."""
    return call.seller.external_id if call.seller else ""

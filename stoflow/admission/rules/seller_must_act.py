"""The seller must act: consent anew where a marketplace is called directly, choose, or do what the plugin asks for."""

from stoflow.admission.facts import Place
from stoflow.admission.hold import Hold, Release, Stops
from stoflow.admission.rule import PlaceRule

RECONNECT = "reconnect"


def judge(place: Place) -> Hold | None:
    if place.halted is None or place.lock is not None:
        return None
    asked = "the seller must act" if place.by_plugin else RECONNECT
    told = place.halted if place.by_plugin else f"{RECONNECT}: {place.halted}"
    return Hold("seller_must_act", told if place.halted else asked, Release.SELLER)


RULE = PlaceRule(rank=20, stops=Stops.ALL, judge=judge)

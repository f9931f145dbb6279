"""The seller has not said that a plugin may act for them there: the notice is for them to read and accept."""

from stoflow.admission.facts import Place
from stoflow.admission.hold import Hold, Release, Stops
from stoflow.admission.rule import PlaceRule


def judge(place: Place) -> Hold | None:
    if not place.terms_due or (place.terms_until is not None and place.now < place.terms_until):
        return None
    path = f"/api/{place.marketplace}/plugin-terms"
    told = f"the seller has not accepted yet that a plugin acts for them on {place.marketplace}"
    return Hold("terms_not_accepted", f"{told}: show them GET {path}, and PUT there what they accepted", Release.SELLER)


RULE = PlaceRule(rank=25, stops=Stops.ALL, judge=judge)

"""The operator has suspended the tenant: nothing of theirs acts, what became of lost answers is still looked for."""

from stoflow.admission.facts import Place
from stoflow.admission.hold import Hold, Release, Stops
from stoflow.admission.rule import PlaceRule


def judge(place: Place) -> Hold | None:
    if not place.suspended:
        return None
    return Hold("suspended", "suspended: the operator must let this account go on", Release.OPERATOR)


RULE = PlaceRule(rank=10, stops=Stops.ACTING, judge=judge)

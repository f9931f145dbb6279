"""The marketplace told with an answer that no call is left until a time: it is called again then."""

from stoflow.admission.facts import Place
from stoflow.admission.hold import Hold, Stops
from stoflow.admission.rule import PlaceRule


def judge(place: Place) -> Hold | None:
    at = place.resume_at
    if at is None or at <= place.now:
        return None
    return Hold("limit_reached", f"{place.marketplace} takes no more calls until {at.isoformat()}", until=at)


RULE = PlaceRule(rank=155, stops=Stops.ALL, judge=judge)

"""The marketplace refuses StoFlow's own application: operators are told, one job at a time finds out if it is over."""

from stoflow.admission.facts import Place
from stoflow.admission.hold import Hold, Release, Stops
from stoflow.admission.rule import PlaceRule
from stoflow.domain.application import Channel


def judge(place: Place) -> Hold | None:
    if place.refusal is None:
        return None
    is_spent = place.refusal.channel is Channel.QUOTA
    what = "has no calls left for StoFlow itself" if is_spent else "refuses StoFlow itself"
    release = Release.ITSELF if is_spent else Release.OPERATOR  # a day ends without anybody
    told = f"{place.marketplace} {what} since {place.refusal.since}; operators are told."
    asked = "Nothing is asked of the seller, and it goes on by itself"
    return Hold("application_refused", f"{told} {asked}: {place.refusal.detail}", release)


RULE = PlaceRule(rank=30, stops=Stops.ALL_BUT_TRIES, judge=judge)

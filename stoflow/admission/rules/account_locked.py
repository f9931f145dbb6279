"""The marketplace has locked the account: only the seller unlocks it there, and to connect again changes nothing."""

from stoflow.admission.facts import Place
from stoflow.admission.hold import Hold, Release, Stops
from stoflow.admission.rule import PlaceRule


def judge(place: Place) -> Hold | None:
    lock = place.lock
    if lock is None:
        return None
    told = f"{place.marketplace} has locked the account: {place.halted}"
    where = f" The seller unlocks it at {lock.address}." if lock.address else " The seller must have it unlocked there."
    again = "It goes on once that is so; POST …/connection/refresh tries at once."
    return Hold("account_locked", f"{told.rstrip('.')}.{where} {again}", Release.SELLER, lock.until)


RULE = PlaceRule(rank=19, stops=Stops.ALL, judge=judge)

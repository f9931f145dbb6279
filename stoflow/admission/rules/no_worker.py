"""No worker does it: none runs, or none of those that run consumes the marketplace's queue."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold, Release
from stoflow.admission.rule import WorkRule


def judge(work: Work) -> Hold | None:
    if work.served or work.under_way:
        return None
    place = work.place.marketplace
    none = f"no worker is running: the operator must start one that works for {place}"
    others = f"no worker that is running works for {place}"
    return Hold("no_worker", none if work.served is None else others, Release.OPERATOR)


RULE = WorkRule(rank=90, judge=judge)

"""As many calls of the seller are in flight at the marketplace as are configured."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold
from stoflow.admission.rule import WorkRule


def judge(work: Work) -> Hold | None:
    if work.cap is None or work.in_flight < work.cap or work.under_way:
        return None
    return Hold("cap", f"{work.in_flight} of {work.cap} calls at {work.place.marketplace} are under way")


RULE = WorkRule(rank=170, judge=judge)

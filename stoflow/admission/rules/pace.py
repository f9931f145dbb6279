"""The marketplace is called no faster than is configured: the next call of this action is not due yet."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold
from stoflow.admission.rule import WorkRule


def judge(work: Work) -> Hold | None:
    at = work.pace_until
    if at is None or at <= work.place.now or work.under_way:
        return None
    return Hold("pace", f"rate limit of {work.place.marketplace} {work.action} until {at.isoformat()}", until=at)


RULE = WorkRule(rank=160, judge=judge)

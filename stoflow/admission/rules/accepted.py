"""The marketplace accepted it and works on it: it is asked now and then, and not without end."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold
from stoflow.admission.rule import WorkRule


def judge(work: Work) -> Hold | None:
    at, end = work.look_at, work.accepted_until
    if at is None or end is None:
        return None
    told = f"the marketplace accepted it and works on it: asked at {at.isoformat()}, waited for until {end.isoformat()}"
    return Hold("accepted", f"{told}: {work.error}", until=at)


RULE = WorkRule(rank=131, judge=judge)

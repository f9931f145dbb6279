"""Whoever asked for the job said when it may begin."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold
from stoflow.admission.rule import WorkRule


def judge(work: Work) -> Hold | None:
    at = work.not_before
    return Hold("not_before", f"not before {at.isoformat()}", until=at) if at and at > work.place.now else None


RULE = WorkRule(rank=120, judge=judge)

"""The last attempt failed and is made again, later each time."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold
from stoflow.admission.rule import WorkRule


def judge(work: Work) -> Hold | None:
    at = work.retry_at
    return Hold("retry", f"retry at {at.isoformat()}: {work.error}", until=at) if at else None


RULE = WorkRule(rank=150, judge=judge)

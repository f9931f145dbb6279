"""An earlier call, whose answer was lost, may still be carried out and undo what would come now."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold
from stoflow.admission.rule import WorkRule

LATE = "an earlier call, whose answer was lost, may still be carried out"


def judge(work: Work) -> Hold | None:
    at = work.late_until
    return Hold("late_copy", f"{LATE} until {at.isoformat()}", until=at) if at else None


RULE = WorkRule(rank=140, judge=judge)

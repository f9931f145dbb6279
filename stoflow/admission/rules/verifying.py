"""The answer to a call was lost: what became of it is looked for before anything is done again."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold
from stoflow.admission.rule import WorkRule


def judge(work: Work) -> Hold | None:
    at = work.look_at if work.accepted_until is None else None
    return Hold("verifying", f"verifying, next look at {at.isoformat()}", until=at) if at else None


RULE = WorkRule(rank=130, judge=judge)

"""Whoever asked for the job said when it may begin, or an old program has paused it."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold, Release
from stoflow.admission.rule import WorkRule
from stoflow.domain.job import PAUSED_UNTIL


def judge(work: Work) -> Hold | None:
    at = work.not_before
    if at is None or at <= work.place.now:
        return None
    if at == PAUSED_UNTIL:
        return Hold(
            "not_before", "an old program has paused it: it goes on once it is pending there again", Release.OPERATOR
        )
    return Hold("not_before", f"not before {at.isoformat()}", until=at)


RULE = WorkRule(rank=120, judge=judge)

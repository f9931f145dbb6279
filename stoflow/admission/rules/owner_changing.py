"""The tenant's orchestrator is gone, or is just being found: another one takes over within its lease."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold
from stoflow.admission.rule import WorkRule


def judge(work: Work) -> Hold | None:
    if work.decided is not None or not work.orchestrators or work.under_way:
        return None
    return Hold("owner_changing", "an orchestrator is about to take this account over")


RULE = WorkRule(rank=70, judge=judge)

"""Nobody decides: no orchestrator runs."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold, Release
from stoflow.admission.rule import WorkRule


def judge(work: Work) -> Hold | None:
    if work.orchestrators or work.under_way:
        return None
    return Hold("no_orchestrator", "no orchestrator is running: the operator must start one", Release.OPERATOR)


RULE = WorkRule(rank=60, judge=judge)

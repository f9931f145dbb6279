"""Jobs of one product at one marketplace take effect in the order they were accepted."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold
from stoflow.admission.rule import WorkRule


def judge(work: Work) -> Hold | None:
    return None if work.behind is None else Hold("order", f"behind job {work.behind}")


RULE = WorkRule(rank=40, judge=judge)

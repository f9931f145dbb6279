"""A newer release takes an older one's place, and only older processes run that know nothing of this."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold, Release
from stoflow.admission.rule import WorkRule

KIND = "older_only"


def judge(work: Work) -> Hold | None:
    place, unknown = work.place.marketplace, work.unknown
    if work.decided is False:
        told = f"only an older orchestrator is running: it knows nothing of {place}"
        return Hold(KIND, told, Release.OPERATOR)
    if not unknown:
        return None
    task = f"the task {unknown.task} of {place} {work.action}"
    if not unknown.by_some:
        return Hold(KIND, f"only older workers are running: none knows {task}", Release.OPERATOR)
    if work.pending_task and work.retry_at is not None:
        return Hold(KIND, f"an older worker handed back {task}: it waits for a newer one", until=work.retry_at)
    return None


RULE = WorkRule(rank=100, judge=judge)

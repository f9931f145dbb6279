"""Jobs of one product at one marketplace take effect in the order they were accepted."""

from stoflow.admission.facts import Work
from stoflow.admission.hold import Hold, Release
from stoflow.admission.rule import WorkRule
from stoflow.domain.ids import JobId
from stoflow.domain.job import PAUSED_UNTIL, PutOff


def judge(work: Work) -> Hold | None:
    if work.behind is None:
        return None
    return Hold("order", f"behind job {work.behind}") if work.put_off is None else _behind(work.behind, work.put_off)


def _behind(first: JobId, put_off: PutOff) -> Hold:
    """Return the hold by a job that is put off, which may stand behind the first one."""
    named = f"behind job {first}" + (f" and job {put_off.job}" if put_off.job != first else "")
    if put_off.until == PAUSED_UNTIL:
        return Hold("order", f"{named}, which an old program has paused", Release.OPERATOR)
    return Hold("order", f"{named}, which does not begin before {put_off.until.isoformat()}", until=put_off.until)


RULE = WorkRule(rank=40, judge=judge)

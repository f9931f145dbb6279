"""What may become of a call, and what each outcome makes of its task."""

from collections.abc import Mapping
from dataclasses import dataclass

from stoflow.domain.job import JobStatus, TaskKind, TaskStatus
from stoflow.marketplaces.contract import Step
from stoflow.marketplaces.replies import Meaning
from stoflow.resources.jobs.views import JobView, TaskView
from stoflow.testing.network import Deed, answered, lost_after, lost_before
from stoflow.testing.scenario import Scenario
from stoflow.testing.words import described
from stoflow_sandbox.faults import FaultKind

BAD_REQUEST, UNFORESEEN = 400, 418
ADOPTED, ABSENT = "looked and adopted", "absence confirmed"


@dataclass(frozen=True)
class Fault:
    """What a call meets, and what that means; `leaves_unknown`: of an unsafe call, that nobody knows.

    `look` is then what the timeline says once it was looked for.
    """

    meets: Deed | FaultKind
    means: Meaning = Meaning.TRY_AGAIN
    leaves_unknown: bool = False
    look: str = ""

    def of(self, step: Step) -> Meaning:
        return Meaning.UNKNOWN if self.leaves_unknown and step.kind is TaskKind.UNSAFE else self.means


FAULTS: Mapping[str, Fault] = {
    "expired": Fault(FaultKind.EXPIRED, Meaning.DONE),
    "too_many": Fault(FaultKind.TOO_MANY),
    "revoked": Fault(FaultKind.REVOKED, Meaning.SELLER_MUST_ACT),
    "refused": Fault(answered(BAD_REQUEST), Meaning.REFUSED),
    "unforeseen": Fault(answered(UNFORESEEN), Meaning.BROKEN),
}
UNANSWERED: Mapping[str, Fault] = {
    "lost_before": Fault(lost_before, leaves_unknown=True, look=ABSENT),
    "lost_after": Fault(FaultKind.LOST, leaves_unknown=True, look=ADOPTED),
    "broken_before": Fault(FaultKind.BROKEN_BEFORE, leaves_unknown=True, look=ABSENT),
    "broken_after": Fault(FaultKind.BROKEN_AFTER, leaves_unknown=True, look=ADOPTED),
}
"""Nobody knows from the answer, or from its absence, whether it was done."""
DURING_A_CANCEL: Mapping[str, Deed] = {
    "cancelled_in_flight": lambda _, act: act(),
    "cancelled_lost_before": lost_before,
    "cancelled_lost_after": lost_after,
}

Stand = tuple[JobStatus, TaskStatus, bool, int, str]
STANDS: Mapping[Meaning, Stand] = {
    Meaning.TRY_AGAIN: (JobStatus.RUNNING, TaskStatus.PENDING, False, 0, "try again"),
    Meaning.SELLER_MUST_ACT: (JobStatus.RUNNING, TaskStatus.PENDING, False, 0, "the seller must act"),
    Meaning.REFUSED: (JobStatus.FAILED, TaskStatus.FAILED, False, 0, "refused"),
    Meaning.UNKNOWN: (JobStatus.RUNNING, TaskStatus.RUNNING, True, 0, "outcome unknown"),
    Meaning.BROKEN: (JobStatus.RUNNING, TaskStatus.PENDING, False, 1, "try again"),
}
"""By outcome: the job's status, the task's, whether it is verified, its failures, and the timeline's last word."""


def assert_stands(scenario: Scenario, step: Step, meaning: Meaning) -> None:
    """Let it happen what was planned for the step; the job is then as the outcome has it, and says why."""
    view = scenario.met()
    if meaning is Meaning.DONE:
        return
    task = _task(view, scenario.task_of(step))
    found = (view.status, task.status, task.verifying, task.failures, scenario.words_of(task.name)[-1])
    assert found == STANDS[meaning], described(view)
    assert task.error
    assert scenario.halted == (meaning is Meaning.SELLER_MUST_ACT)


def _task(view: JobView, name: str) -> TaskView:
    return next(task for task in view.tasks if task.name == name)

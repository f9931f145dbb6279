"""A job in a marketplace actor's hands: what is under way for it, and since when nothing was heard of that."""

from dataclasses import dataclass, replace

from stoflow.domain.ids import TaskId
from stoflow.domain.run import NextMove, RunMessage, RunReport
from stoflow.storage.engine.reads.queue import QueuedJob

WATCH_S = 5.0  # without a word for so long, a job is read again
LEAVES_WITHIN_S = 2.5  # usually; then the dispatcher is asked
LONGEST_WATCH_S = 20.0  # of a message that was lost again and again: nobody may be there to run it
LONGEST_BELIEVED_S = 60.0  # what is said is a hint: PostgreSQL is asked before anything waits for longer
AFTER_DEADLINE_S = 0.2
DOUBLED_AT_MOST = 10
LOST_UNTIL_STEPWISE = 3
FOR_EVER_S = float("inf")


@dataclass(slots=True)
class Held:
    """`message` is in flight, or waits in the dispatcher's line until it has `left`."""

    job: QueuedJob
    message: RunMessage | None = None
    left: bool = False
    since_s: float = 0.0
    patience_s: float = WATCH_S
    overdue: bool = False
    lost: int = 0
    met: int = 0  # how often it was read again while somebody else had its task
    refused: tuple[TaskId, int] | None = None  # the fence under which it last came to nothing

    def fly(self, now_s: float, patience_s: float) -> None:
        """Wait for a word for so long."""
        self.since_s, self.patience_s, self.overdue = now_s, patience_s, False

    def depart(self, message: RunMessage, now_s: float) -> None:
        """Wait for the message's place in the window."""
        self.message, self.left = message, False
        self.fly(now_s, LEAVES_WITHIN_S)

    def has_left(self, now_s: float) -> None:
        """Wait for what becomes of the message, longer each time that it was lost."""
        self.left = True
        self.fly(now_s, min(LEAVES_WITHIN_S * 2**self.lost, LONGEST_WATCH_S))

    def meets(self, job: QueuedJob) -> float:
        """Return the seconds to wait for the task that somebody else has: longer each time that it is read again.

        Its run may report to an orchestrator that is gone, and nothing is heard of it then before its deadline.
        """
        same = self.job.in_flight and (self.job.task, self.job.claims) == (job.task, job.claims)
        self.met = self.met + self.overdue if same else 0  # what is announced of it meanwhile puts nothing off
        longer_s = WATCH_S * 2 ** min(self.met, DOUBLED_AT_MOST)
        return min(job.deadline_in_s + AFTER_DEADLINE_S, longer_s, LONGEST_BELIEVED_S)

    @property
    def is_within_deadline(self) -> bool:
        """Whether its patience ended while whoever has its task may still have it."""
        return self.job.in_flight and self.patience_s < self.job.deadline_in_s

    @property
    def is_stepwise(self) -> bool:
        """Whether to look for a step that kills its worker."""
        return self.lost >= LOST_UNTIL_STEPWISE

    def is_refused_again(self) -> bool:
        """Whether it came to nothing twice under one fence: then the tenant is held, not the job changed."""
        before, self.refused = self.refused, (self.job.task, self.job.claims)
        return before == self.refused and not self.job.paced

    def waits_s(self, now_s: float) -> float:
        """Return the seconds until its patience ends."""
        return self.since_s + self.patience_s - now_s

    def awaits(self, job: QueuedJob) -> bool:
        """Whether the message in flight is for the very task that PostgreSQL still has pending."""
        same = (self.job.task, self.job.claims) == (job.task, job.claims)
        return self.message is not None and same and not job.in_flight and not job.cancelling

    def has_overtaken(self, report: RunReport) -> bool:
        """Whether the plugin's answer was heard of before the run that asked: they come from different processes."""
        return report.move is NextMove.PLUGIN and (report.task, report.claims) <= (self.job.task, self.job.claims)

    def follows(self, report: RunReport) -> QueuedJob:
        """Return the job as a report describes it, without reading it again."""
        return replace(
            self.job,
            running=True,
            task=report.task,
            claims=report.claims,
            paced=report.move is NextMove.PACE,
            verifying=report.move is NextMove.LOOK,
            in_flight=False,
            due_in_s=report.delay_s,
        )

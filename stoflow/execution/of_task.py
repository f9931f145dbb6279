"""What every execution of a job's task has, whether it acts or looks."""

from dataclasses import dataclass
from uuid import uuid4

from stoflow.execution.conversation import NextCommand
from stoflow.execution.engine import Engine, step_of
from stoflow.execution.moves import Tried
from stoflow.marketplaces.contract import Step
from stoflow.storage.engine.commands import issue_command
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask
from stoflow.storage.engine.statement import Statement


@dataclass(frozen=True, slots=True)
class OfTask:
    """`task` is at the fence of this attempt."""

    engine: Engine
    job: StoredJob
    task: StoredTask

    @property
    def name(self) -> str:
        return self.task.name

    @property
    def attempt(self) -> str:
        return f"{self.job.tenant}-{self.job.id}-{self.task.id}-{self.task.claims}"

    @property
    def number(self) -> int:
        return self.task.attempts

    @property
    def asked_for_s(self) -> float | None:
        return max(0.0, self.engine.timeout_s(self.job) - self.task.left_s)

    @property
    def step(self) -> Step:
        return step_of(self.engine, self.job, self.task)

    @property
    def tried(self) -> Tried:
        """Return what a settle needs to know of this attempt."""
        engine, job, task, step = self.engine, self.job, self.task, self.step
        marketplace = engine.registry.marketplace(job.marketplace)
        return Tried(
            tenant=job.tenant,
            marketplace=job.marketplace,
            handler=engine.handler(job),
            task=task.id,
            claims=task.claims,
            attempts=task.attempts,
            kind=task.kind,
            failures=task.failures,
            looks=task.looks,
            age_s=task.age_s,
            marked=step.marked,
            overwrites=step.overwrites,
            quiet_s=engine.quiet_s(marketplace),
            second_look_s=engine.second_look_s(marketplace),
            can_look=step.look is not None,
            accepted=task.is_accepted,
            held_back=engine.applications.stands(job.marketplace),
        )

    def command(self, asked: NextCommand) -> Statement[bool]:
        """Return the row of a command, to be committed while the attempt's fence holds."""
        return issue_command(
            self.job.tenant,
            task=self.task.id,
            claims=self.task.claims,
            seq=asked.seq,
            request_id=str(uuid4()),
            action=asked.command.action,
            payload=asked.command.payload,
        )

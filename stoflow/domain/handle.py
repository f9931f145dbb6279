"""What code in a process of its own asks of StoFlow: the two protocols of a tenant's handle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.outcome import FieldError


@dataclass(frozen=True, slots=True)
class ActionType:
    """One row of `public.marketplace_action_types`: what can be done where."""

    id: int
    marketplace: str
    code: str
    name: str
    priority: int
    is_batch: bool
    rate_limit_ms: int
    max_retries: int
    timeout_seconds: int


class Job(Protocol):
    """One job as it stands; `action` is called as in the API, `result` is what came of it, `error` why it failed."""

    @property
    def id(self) -> JobId: ...
    @property
    def marketplace(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def status(self) -> JobStatus: ...
    @property
    def product_id(self) -> int | None: ...
    @property
    def priority(self) -> int: ...
    @property
    def result(self) -> Mapping[str, Any] | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def errors(self) -> Sequence[FieldError]: ...


class KeepsJobs(Protocol):
    """One tenant's jobs. All raise NotFound for a job the tenant does not have."""

    def create_job(
        self,
        marketplace: str,
        action_code: str,
        *,
        product_id: int | None,
        priority: int | None,
        payload: Mapping[str, Any],
        session: Any | None,
    ) -> Job:
        """Accept a job; with `session`, in the caller's transaction, which the caller commits."""
        ...

    def action_type(self, action_type_id: int) -> ActionType | None: ...

    def complete_job(self, job: JobId, result: Mapping[str, Any]) -> Job:
        """Complete what the caller did; raise Conflict where it is final or under way."""
        ...

    def fail_job(self, job: JobId, reason: str) -> Job: ...

    def cancel_job(self, job: JobId) -> Job: ...


class RunsJobs(Protocol):
    """Runs a tenant's jobs in this process."""

    def run_next_job(self, tenant: TenantId, marketplace: str | None) -> Job | None:
        """Run the most urgent job that is due, of one marketplace or of all; None where there is none, or where
        another process decides for the tenant. Raise ValueError for an unknown marketplace."""
        ...

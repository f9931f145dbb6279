"""Which processes run, and what each of them does now: for those who look after StoFlow."""

from typing import Any, Final

from pydantic import Field

from stoflow.domain.role import Role
from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered, Moment, SomeAction, SomeMarketplace
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.resources.monitoring import snapshot
from stoflow.resources.monitoring.processes import processes_of


class RunningJobBody(Answered):
    """A job that a worker runs now."""

    tenant: int
    job: int
    marketplace: SomeMarketplace
    action: SomeAction
    since: Moment


class RunningProcessBody(Answered):
    """A process that holds a lease, or was seen a moment ago. What it does not say of itself is null."""

    process: int
    kind: str
    host: str
    pid: int
    release: str
    started_at: Moment
    lease_until: Moment | None = Field(description="Null where its lease has ended, as of one that was killed.")
    age_s: float | None = Field(description="When it was seen last; null where nothing is seen of it.")
    serves: list[str] = Field(description="The marketplaces it works for; all of them where it is empty.")
    threads: int | None = Field(description="So many jobs it may run at once.")
    tenants: int | None = Field(description="So many tenants it decides for.")
    memory: int | None = Field(description="Bytes that are resident.")
    doing: list[RunningJobBody]
    outages: dict[str, Any] = Field(description="What did not answer it: since when, why, and for how long.")


class ProcessesBody(Answered):
    items: list[RunningProcessBody]


def list_processes(context: Context, _: Asked) -> ProcessesBody:
    found = processes_of(snapshot.read_snapshot(context))
    return ProcessesBody(items=[RunningProcessBody.of(each) for each in found])


OPERATIONS: Final = (
    Operation(
        "GET", "/monitoring/processes", "listProcesses", "Read which processes run, and what each of them does now.",
        list_processes, ProcessesBody, problems=(422,), role=Role.SUPPORT,
    ),
)  # fmt: skip

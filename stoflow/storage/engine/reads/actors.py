"""What actors ask of PostgreSQL: each a read to be made with others in one transaction, by somebody who may wait."""

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any

from stoflow.domain.ids import Epoch, JobId, ProcessId, TenantId
from stoflow.storage.database.session import Database
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.ownership import read_version, release_tenant
from stoflow.storage.engine.reads.queue import (
    QueuedJob,
    QueuePage,
    begin_asking_what_is_left,
    begin_page,
    begin_queued,
)
from stoflow.storage.engine.unfinished import finish_cancel

Read = Callable[[Transaction], Callable[[], Any]]
"""Asks on a pipelined connection and returns what fetches the answer at its end: all are one way there and back."""


class Release(Enum):
    """What became of a wish to let a tenant go."""

    RELEASE = auto()
    KEPT = auto()  # something came in between
    NOT_OURS = auto()


def read_together(database: Database, reads: Sequence[Read]) -> list[Any]:
    """Return the answers, all as of one transaction; where it fails none is made."""
    with database.planned_records() as connection:
        begun = [read(connection) for read in reads]
    return [answer() for answer in begun]


def page_read(tenant: TenantId, *, marketplaces: Sequence[str], held: Sequence[JobId], limit: int) -> Read:
    def read(connection: Transaction) -> Callable[[], QueuePage]:
        return begin_page(connection, tenant, marketplaces=marketplaces, held=held, limit=limit)

    return read


def jobs_read(tenant: TenantId, jobs: Sequence[JobId]) -> Read:
    def read(connection: Transaction) -> Callable[[], tuple[QueuedJob, ...]]:
        return begin_queued(connection, tenant, jobs)

    return read


def cancel_read(tenant: TenantId, job: JobId) -> Read:
    """Cancel the job if nothing of it is under way, and read it."""

    def read(connection: Transaction) -> Callable[[], tuple[QueuedJob, ...]]:
        finish_cancel(connection, tenant, job)
        return begin_queued(connection, tenant, [job])

    return read


def release_read(tenant: TenantId, me: ProcessId, epoch: Epoch, *, marketplaces: Sequence[str]) -> Read:
    """Forget the tenant where it has nothing left to do."""

    def read(connection: Transaction) -> Callable[[], Release]:
        version = read_version(connection, tenant, me, epoch)
        if version is None:
            return lambda: Release.NOT_OURS
        if _has_work(connection, tenant, marketplaces) or not release_tenant(
            connection, tenant, me, epoch, version=version
        ):
            return lambda: Release.KEPT
        return lambda: Release.RELEASE

    return read


def _has_work(connection: Transaction, tenant: TenantId, marketplaces: Sequence[str]) -> bool:
    """Whether anything is left for the tenant to do; its page is read only where it may be."""
    if not begin_asking_what_is_left(connection, tenant)():
        return False
    return begin_page(connection, tenant, marketplaces=marketplaces, held=(), limit=1)().has_work

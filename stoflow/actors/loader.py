"""Reads for actors: a thread asks PostgreSQL and tells, so that no actor ever waits."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pykka

from stoflow.actors.news import JobsRead, PageRead, Released
from stoflow.actors.timers import tell
from stoflow.domain.coalescing import CoalescingQueue
from stoflow.domain.errors import DatabaseError, DatabaseRefused
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.work import TenantReleased
from stoflow.domain.ids import Epoch, JobId, ProcessId, TenantId
from stoflow.monitoring.record import record
from stoflow.storage.database.session import Database
from stoflow.storage.engine.reads.actors import (
    Read,
    Release,
    cancel_read,
    jobs_read,
    page_read,
    read_together,
    release_read,
)
from stoflow.storage.engine.reads.queue import QueuedJob

BATCH = 32
RETRY_S = 1.0
REFUSED_RETRY_S = 5.0
JOIN_S = 5.0


@dataclass(frozen=True, slots=True)
class _Request:
    """`told` makes the news out of what was read."""

    reply_to: pykka.ActorRef[Any]
    read: Read
    told: Callable[[Any], Any]


class Loader:
    """Each request is one short transaction; it is tried until it could be read, and then told to `reply_to`."""

    def __init__(self, database: Database, me: ProcessId, *, marketplaces: Sequence[str]) -> None:
        self._database = database
        self._me = me
        self._marketplaces = tuple(marketplaces)
        self._requests = CoalescingQueue[_Request](BATCH)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="loader", daemon=True)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._requests.close()
        self._thread.join(JOIN_S)

    def page(
        self,
        reply_to: pykka.ActorRef[Any],
        tenant: TenantId,
        held: Sequence[JobId],
        limit: int,
        *,
        at_leisure: bool = False,
    ) -> None:
        """Answer PageRead: what may go on for the tenant beyond what is held; `at_leisure`: behind all others."""
        read = page_read(tenant, marketplaces=self._marketplaces, held=held, limit=limit)
        self._requests.put(_Request(reply_to, read, partial(PageRead, at_leisure=at_leisure)), behind=at_leisure)

    def jobs(self, reply_to: pykka.ActorRef[Any], tenant: TenantId, jobs: Sequence[JobId]) -> None:
        """Answer JobsRead: these jobs as they stand."""
        self._requests.put(_Request(reply_to, jobs_read(tenant, jobs), self._jobs_told))

    def cancel(self, reply_to: pykka.ActorRef[Any], tenant: TenantId, job: JobId) -> None:
        """Cancel the job if nothing of it is under way; answer JobsRead."""
        self._requests.put(_Request(reply_to, cancel_read(tenant, job), self._jobs_told))

    def release(self, reply_to: pykka.ActorRef[Any], tenant: TenantId, epoch: Epoch) -> None:
        """Answer Released: forget the tenant where it has nothing left to do."""

        def told(became: Release) -> Released:
            if became is Release.RELEASE:
                record(TenantReleased(tenant))
            return Released(kept=became is Release.KEPT)

        read = release_read(tenant, self._me, epoch, marketplaces=self._marketplaces)
        self._requests.put(_Request(reply_to, read, told), behind=True)

    def _jobs_told(self, jobs: Sequence[QueuedJob]) -> JobsRead:
        """Leave out those of marketplaces that only a newer release knows: they wait for its orchestrator."""
        return JobsRead(tuple(job for job in jobs if job.marketplace in self._marketplaces))

    def _run(self) -> None:
        for batch in self._requests:
            self._answer(batch)

    def _answer(self, batch: Sequence[_Request]) -> None:
        """Read all in one transaction; where it fails, each by itself and later."""
        try:
            answers = read_together(self._database, [request.read for request in batch])
        except DatabaseError as error:
            if len(batch) == 1:
                self._again(batch[0], error)
            for request in batch if len(batch) > 1 else ():
                self._answer([request])
        else:
            for request, answer in zip(batch, answers, strict=True):
                tell(request.reply_to, request.told(answer))

    def _again(self, request: _Request, error: DatabaseError) -> None:
        record(database_failure("reading for an actor", error))
        if isinstance(error, DatabaseRefused):  # a tenant that is broken: the others do not wait for it
            later = threading.Timer(REFUSED_RETRY_S, self._requests.put, [request])
            later.daemon = True
            later.start()
        elif not self._stopping.wait(RETRY_S):
            self._requests.put(request)

"""What is announced comes in here: new work to who decides for its tenant, and the tenants that nobody decides for."""

import time
from collections.abc import Sequence

from stoflow.actors.news import Reload
from stoflow.actors.tenants import Tenants
from stoflow.domain.errors import DatabaseError
from stoflow.domain.ids import ProcessId, TenantId
from stoflow.storage.database.session import Database
from stoflow.storage.engine.ownership import (
    Acquired,
    Announcement,
    acquire_tenants,
    announce,
    begin_consuming,
    leave_others,
)
from stoflow.storage.engine.reads.queue import QueuedJob

AT_ONCE = 1000
ACQUIRE_EVERY_S = 3.0  # all there are, unless somebody has died


class Intake:
    """One thread at a time takes the outbox; several orchestrators may take from it at once."""

    def __init__(self, database: Database, me: ProcessId) -> None:
        self._database = database
        self._me = me
        self._acquire_at_s = 0.0
        self._unsure = True  # whether PostgreSQL takes for ours what is not: of a term before, or for a lost answer
        self._lost = False  # what was taken from the outbox, perhaps
        self._owed: list[Announcement] = []  # what was taken for tenants that are not ours

    def acquire_soon(self) -> None:
        """Look for tenants without an owner the next time: somebody has died, and owns nobody any more."""
        self._acquire_at_s = 0.0

    def take(self, tenants: Tenants) -> tuple[bool, bool]:
        """Tell tenants what was announced; return whether one is ours from now on, and whether there may be more."""
        news = {told.tenant: told for told in self._consume()}
        tenants.announce(list(news.values()))  # before anything that waits for a disk, or may fail
        if self._lost:
            tenants.tell_all(Reload(at_leisure=True))
            self._lost = False
        unknown = [tenant for tenant in news if tenant not in tenants]
        self._owed += [news[tenant] for tenant in unknown]
        # Those with news first: whoever takes over thousands has most of them with work that waits already.
        taken = sorted(self._acquired(unknown, tenants), key=lambda acquired: acquired.tenant not in news)
        for acquired in taken:
            told = news.get(acquired.tenant)
            work = _all_work(acquired, told)
            tenants.take(acquired.tenant, acquired.epoch, work)
            if told is not None and not work:
                tenants.announce([told])  # its page, which has it too, may be read after a thousand others
        self._owed = [told for told in self._owed if told.tenant not in tenants]
        self._hand_back()
        kept = [told for tenant, told in news.items() if tenant in tenants]
        return bool(taken), sum(len(told.jobs) + len(told.described) for told in kept) >= AT_ONCE

    def _consume(self) -> Sequence[Announcement]:
        """Take what is announced; where that fails, it may have been taken all the same, and nobody knows what."""
        try:
            with self._database.planned_records() as connection:
                taking = begin_consuming(connection, self._me, limit=AT_ONCE)
            return taking()
        except DatabaseError:
            self._lost = True
            raise

    def _acquired(self, told: Sequence[TenantId], tenants: Tenants) -> Sequence[Acquired]:
        """Acquire these tenants, which are new to us, and now and then whichever have nobody any more."""
        is_time = self._unsure or time.monotonic() >= self._acquire_at_s
        if not told and not is_time:
            return ()
        if is_time:
            self._acquire_at_s = time.monotonic() + ACQUIRE_EVERY_S
        was_unsure, self._unsure = self._unsure, True
        with self._database.planned_records() as connection:
            if was_unsure:
                leave_others(connection, self._me, tenants.epochs)
            acquired = acquire_tenants(connection, self._me, limit=AT_ONCE, of=None if is_time else told)
        self._unsure = False
        return acquired

    def _hand_back(self) -> None:
        """Announce again what was taken for tenants that somebody else acquired meanwhile, who may not have read it."""
        if self._owed:
            with self._database.planned_records() as connection:
                for told in self._owed:
                    announce(connection, told.tenant, *told.jobs, *(job.id for job in told.described))
            self._owed = []


def _all_work(acquired: Acquired, told: Announcement | None) -> Sequence[QueuedJob]:
    """Return all work of a tenant, where an announcement says it; none where it has to be read."""
    return told.described if told is not None and told.is_all and acquired.is_untold and not told.jobs else ()

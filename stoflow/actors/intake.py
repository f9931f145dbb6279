"""What is announced comes in here: new work to who decides for its tenant, and the tenants that nobody decides for."""

import time
from collections.abc import Sequence

from stoflow.actors.tenants import Tenants
from stoflow.domain.ids import ProcessId, TenantId
from stoflow.storage.database.session import Database
from stoflow.storage.engine.ownership import (
    Acquired,
    Announcement,
    acquire_tenants,
    announce,
    begin_consuming,
    leave_all,
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
        self._begins = True

    def acquire_soon(self) -> None:
        """Look for tenants without an owner the next time: somebody has died, and owns nobody any more."""
        self._acquire_at_s = 0.0

    def take(self, tenants: Tenants) -> tuple[bool, bool]:
        """Tell tenants what was announced; return whether one is ours from now on, and whether there may be more."""
        with self._database.planned_records() as connection:
            taking = begin_consuming(connection, self._me, limit=AT_ONCE)
        news = {told.tenant: told for told in taking()}
        tenants.announce(list(news.values()))  # before anything that waits for a disk, or may fail
        unknown = [tenant for tenant in news if tenant not in tenants]
        # Those with news first: whoever takes over thousands has most of them with work that waits already.
        taken = sorted(self._acquired(unknown), key=lambda acquired: acquired.tenant not in news)
        for acquired in taken:
            told = news.get(acquired.tenant)
            work = _all_work(acquired, told)
            tenants.take(acquired.tenant, acquired.epoch, work)
            if told is not None and not work:
                tenants.announce([told])  # its page, which has it too, may be read after a thousand others
        self._hand_back([news[tenant] for tenant in unknown if tenant not in tenants])
        kept = [told for tenant, told in news.items() if tenant in tenants]
        return bool(taken), sum(len(told.jobs) + len(told.described) for told in kept) >= AT_ONCE

    def _acquired(self, told: Sequence[TenantId]) -> Sequence[Acquired]:
        """Acquire these tenants, which are new to us, and now and then whichever have nobody any more."""
        is_time = time.monotonic() >= self._acquire_at_s
        if not told and not is_time:
            return ()
        if is_time:
            self._acquire_at_s = time.monotonic() + ACQUIRE_EVERY_S
        with self._database.planned_records() as connection:
            if self._begins:  # what a term before under the same identity had is decided anew
                leave_all(connection, self._me)
            acquired = acquire_tenants(connection, self._me, limit=AT_ONCE, of=None if is_time else told)
        self._begins = False
        return acquired

    def _hand_back(self, news: Sequence[Announcement]) -> None:
        """Announce again what was taken for tenants that somebody else acquired meanwhile, who may not have read it."""
        if news:
            with self._database.planned_records() as connection:
                for told in news:
                    announce(connection, told.tenant, *told.jobs, *(job.id for job in told.described))


def _all_work(acquired: Acquired, told: Announcement | None) -> Sequence[QueuedJob]:
    """Return all work of a tenant, where an announcement says it; none where it has to be read."""
    return told.described if told is not None and told.is_all and acquired.is_untold and not told.jobs else ()

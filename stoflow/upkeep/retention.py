"""Retention: what ended longer ago than the operator keeps it is forgotten, a few jobs at a time."""

from collections.abc import Iterator
from functools import partial

from stoflow.domain.ids import JobId, TenantId
from stoflow.monitoring.failpoints import failpoint
from stoflow.storage.database.session import Database
from stoflow.storage.engine.retention import (
    ForgottenPage,
    forget_empty_batches,
    forget_old_jobs,
)
from stoflow.upkeep.rounds import Rounds
from stoflow.upkeep.ticking import Turn

JOBS_A_TIME = 500


def forget_ended(database: Database, tenant: TenantId, *, days: float, only_count: bool = False) -> int:
    """Forget the tenant's jobs that ended more than `days` ago, and batches without a job; return how many jobs.

    A page is a transaction of its own, so nobody waits long for what is held; one that is cut off is done again.
    """
    forgotten, after = 0, JobId(0)
    while after is not None:
        page = _forget_page(database, tenant, days, after, only_count=only_count)
        forgotten, after = forgotten + page.forgotten, page.last
    if not only_count:
        failpoint("retention.batches.before")
        with database.records() as connection:
            forget_empty_batches(connection, tenant, days=days)
        failpoint("retention.batches.after")
    return forgotten


def _forget_page(database: Database, tenant: TenantId, days: float, after: JobId, *, only_count: bool) -> ForgottenPage:
    failpoint("retention.before")
    with database.records() as connection:
        page = forget_old_jobs(connection, tenant, days=days, after=after, limit=JOBS_A_TIME, only_count=only_count)
    failpoint("retention.after")
    return page


def retention_turns(database: Database, *, days: float, every_s: float) -> Iterator[Turn]:
    """Yield what forgets of everybody what ended more than `days` ago; nothing does where that is 0, for ever."""
    if days:
        rounds = Rounds(database, partial(forget_ended, database, days=days), "forgetting old jobs")
        yield Turn("retention", rounds.turn, every_s, rounds.doing)

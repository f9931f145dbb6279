"""Somebody who wants something done, and asks again under the same key until it is known."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from psycopg import sql

from stoflow.domain.errors import Conflict
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import FINAL_JOB_STATUSES, JobStatus, TaskStatus
from stoflow.jobs.change import cancel_job, retry_job
from stoflow.jobs.read import find_job
from stoflow.jobs.submit import submit
from stoflow.jobs.views import SubmitJob
from stoflow.marketplaces.registry import Registry
from stoflow.storage.session import Database, schema_name

ACTION = "publish"
PRICE = "25.00"
CREATING_TASK = "create"


@dataclass(slots=True)
class Person:
    """What one person wants of one product; every wish may be repeated."""

    tenant: TenantId
    marketplace: str
    product: int
    key: str
    story: str
    is_content: bool = False

    def act(self, database: Database, registry: Registry) -> None:
        """Ask for what is not known to be there yet."""
        if not self.is_content:
            self.is_content = STORIES[self.story](self, database, registry)

    def publishes(self, database: Database, registry: Registry) -> bool:
        self._submitted(database, registry, self.key)
        return True

    def cancels(self, database: Database, registry: Registry) -> bool:
        """Publish, ask for the same once more, and take that back."""
        self._submitted(database, registry, self.key)
        again = self._submitted(database, registry, f"{self.key}-again")
        with suppress(Conflict):  # it was cancelled already
            cancel_job(database, self.tenant, again, plugin=())
        return True

    def asks_twice(self, database: Database, registry: Registry) -> bool:
        """Publish, and publish again: the second job finds the listing of the first."""
        self._submitted(database, registry, self.key)
        self._submitted(database, registry, f"{self.key}-again")
        return True

    def withdraws(self, database: Database, registry: Registry) -> bool:
        """Publish, and take it back once the marketplace has a draft."""
        job = find_job(database, self.tenant, self._submitted(database, registry, self.key), plugin=())
        has_draft = any(task.name == CREATING_TASK and task.status is TaskStatus.COMPLETED for task in job.tasks)
        if has_draft and job.status not in FINAL_JOB_STATUSES and not job.cancel_requested:
            cancel_job(database, self.tenant, job.id, plugin=())
        return job.status in FINAL_JOB_STATUSES

    def mends(self, database: Database, registry: Registry) -> bool:
        """Publish a product without a price, see it refused, give it one and retry."""
        job = self._submitted(database, registry, self.key)
        status = find_job(database, self.tenant, job, plugin=()).status
        if status is JobStatus.FAILED:
            self._give_a_price(database)
            retry_job(database, self.tenant, job, plugin=())
        return status is JobStatus.COMPLETED

    def _submitted(self, database: Database, registry: Registry, key: str) -> JobId:
        wish = SubmitJob(self.marketplace, ACTION, self.product, idempotency_key=key, idempotency_digest=key)
        return submit(database, registry, self.tenant, wish)[0]

    def _give_a_price(self, database: Database) -> None:
        schema = sql.Identifier(schema_name(self.tenant))
        with database.records() as connection:
            connection.execute(
                sql.SQL("UPDATE {}.products SET price = %s WHERE id = %s").format(schema), [PRICE, self.product]
            )


Story: TypeAlias = Callable[[Person, Database, Registry], bool]
PUBLISH, CANCEL, MEND, AGAIN, WITHDRAW = "publish", "cancel", "mend", "again", "withdraw"
STORIES: Mapping[str, Story] = {
    PUBLISH: Person.publishes,
    CANCEL: Person.cancels,
    MEND: Person.mends,
    AGAIN: Person.asks_twice,
    WITHDRAW: Person.withdraws,
}

"""Somebody who wants something done, and asks again under the same key until it is known."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from psycopg import sql

from stoflow.admission.facts import Conditions
from stoflow.domain.errors import Conflict
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import FINAL_JOB_STATUSES, JobStatus, TaskStatus
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.resources.jobs.change import cancel_job, retry_job
from stoflow.resources.jobs.read import find_job
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import SubmitJob
from stoflow.storage.database.session import Database, schema_name

PRICE = "25.00"
TITLE = "Robe d'été, prix changé"
CREATING_TASK = "create"
DOUBT = sql.SQL("""
UPDATE {}.connections SET state = 'needs_seller', reason = 'Log in again.', tries = 0, next_try = clock_timestamp()
WHERE marketplace = %s
""")


@dataclass(frozen=True, slots=True)
class Asking:
    """What the use cases need of who asks for one thing and is gone."""

    database: Database
    conditions: Conditions = field(default_factory=Conditions)
    registry: Registry = field(default_factory=build_registry)

    def announced(self) -> None:
        """Wake nobody: whatever runs looks by itself."""


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
            cancel_job(Asking(database), self.tenant, again)
        return True

    def is_doubted(self, database: Database, registry: Registry) -> bool:
        """Publish while the account is marked as needing its seller: a sweep lets the job find out that it does not."""
        self._submitted(database, registry, self.key)
        with database.records() as connection:
            connection.execute(DOUBT.format(sql.Identifier(schema_name(self.tenant))), [self.marketplace])
        return True

    def asks_twice(self, database: Database, registry: Registry) -> bool:
        """Publish, and publish again: the second job finds the listing of the first."""
        self._submitted(database, registry, self.key)
        self._submitted(database, registry, f"{self.key}-again")
        return True

    def withdraws(self, database: Database, registry: Registry) -> bool:
        """Publish, and take it back once the marketplace has a draft."""
        job = find_job(Asking(database), self.tenant, self._submitted(database, registry, self.key))
        has_draft = any(task.name == CREATING_TASK and task.status is TaskStatus.COMPLETED for task in job.tasks)
        if has_draft and job.status not in FINAL_JOB_STATUSES and not job.cancel_requested:
            cancel_job(Asking(database), self.tenant, job.id)
        return job.status in FINAL_JOB_STATUSES

    def mends(self, database: Database, registry: Registry) -> bool:
        """Publish a product without a price, see it refused, give it one and retry."""
        job = self._submitted(database, registry, self.key)
        status = find_job(Asking(database), self.tenant, job).status
        if status is JobStatus.FAILED:
            self._change(database, "price", PRICE)
            retry_job(Asking(database), self.tenant, job)
        return status is JobStatus.COMPLETED

    def lives(self, database: Database, registry: Registry) -> bool:
        """Publish, change title and price and update, then delete: each once the one before it has ended."""
        for action in ("publish", "update", "delete"):
            if action == "update":
                self._change(database, "title", TITLE)
                self._change(database, "price", PRICE)
            job = self._submitted(database, registry, f"{self.key}-{action}", action)
            if find_job(Asking(database), self.tenant, job).status not in FINAL_JOB_STATUSES:
                return False
        return True

    def looks_through(self, database: Database, registry: Registry) -> bool:
        """Publish, let the account be gone through, then sell it out, each once the one before it has ended."""
        place = registry.marketplace(self.marketplace)
        for action in ("publish", *(spec.code for spec in place.actions if spec.periodic)):
            job = self._submitted(database, registry, f"{self.key}-{action}", action)
            if find_job(Asking(database), self.tenant, job).status not in FINAL_JOB_STATUSES:
                return False
        self._change(database, "stock_quantity", "0")
        return True

    def _submitted(self, database: Database, registry: Registry, key: str, action: str = "publish") -> JobId:
        product = self.product if action in registry.marketplace(self.marketplace).products else None
        wish = SubmitJob(self.marketplace, action, product, idempotency_key=key, idempotency_digest=key)
        return submit(database, registry, self.tenant, wish)[0]

    def _change(self, database: Database, column: str, value: str) -> None:
        schema = sql.Identifier(schema_name(self.tenant))
        statement = sql.SQL("UPDATE {}.products SET {} = %s WHERE id = %s").format(schema, sql.Identifier(column))
        with database.records() as connection:
            connection.execute(statement, [value, self.product])


Story: TypeAlias = Callable[[Person, Database, Registry], bool]
PUBLISH, CANCEL, MEND, AGAIN, WITHDRAW, LIFE = "publish", "cancel", "mend", "again", "withdraw", "life"
ACCOUNT, DOUBTED = "account", "doubted"
STORIES: Mapping[str, Story] = {
    PUBLISH: Person.publishes,
    CANCEL: Person.cancels,
    MEND: Person.mends,
    AGAIN: Person.asks_twice,
    WITHDRAW: Person.withdraws,
    LIFE: Person.lives,
    ACCOUNT: Person.looks_through,
    DOUBTED: Person.is_doubted,
}

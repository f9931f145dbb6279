"""Quantity 0 means for sale nowhere: the one rule, whoever wrote the quantity, and the one place that follows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from stoflow.domain.errors import Conflict, DatabaseError, InputError, NotFound
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.work import PropagationRefused
from stoflow.domain.ids import TenantId
from stoflow.marketplaces.registry import Registry
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import SubmitJob
from stoflow.storage.database.session import Database
from stoflow.storage.engine.change import request_cancel
from stoflow.storage.engine.ownership import announce
from stoflow.storage.engine.reads.workers import StoredJob
from stoflow.storage.engine.stock import (
    BECAUSE,
    SOLD_OUT,
    StockChange,
    fence_waiting,
    note_followed,
    put_off,
    read_changes,
    read_removals,
    unwanted_removals,
)
from stoflow.storage.engine.unfinished import finish_cancel

HIGH = 2
REMOVAL = "delete"
CHANGES_A_TURN = 500
AGAIN_S = 60.0


def keep_to_stock(
    database: Database, registry: Registry, tenant: TenantId, products: Sequence[int] | None = None
) -> int:
    """Ask for the end of what is listed and sold out, and take back what was asked of products that are there again.

    Only of these `products`, else of all that are sold out; return how many jobs were made or taken back. Each goes by
    a key that names its reason, so that this may be repeated, and done by two at once.
    """
    failpoint("stock.before")
    with database.records() as connection:
        fence_waiting(connection, tenant, products)
        removals = read_removals(connection, tenant, products)
        unwanted = unwanted_removals(connection, tenant, products) if products else ()
        for job in unwanted:
            request_cancel(connection, tenant, job)
            finish_cancel(connection, tenant, job)
            announce(connection, tenant, job)
    failpoint("stock.after")
    asked = [
        SubmitJob(
            each.marketplace,
            REMOVAL,
            each.product,
            priority=HIGH,
            payload={BECAUSE: SOLD_OUT},
            idempotency_key=each.key,
        )
        for each in removals
    ]
    return len(unwanted) + sum(submit_known(database, registry, tenant, job) for job in asked)


def submit_known(database: Database, registry: Registry, tenant: TenantId, asked: SubmitJob) -> bool:
    """Submit what follows from something known; return whether a job was made now."""
    is_removal = asked.payload.get(BECAUSE) == SOLD_OUT
    try:
        _, made = submit(database, registry, tenant, asked, only_sold_out=is_removal)
    except (InputError, NotFound, Conflict) as error:  # the product went meanwhile, or another one submits it now
        record(PropagationRefused(tenant, asked.product_id or 0, asked.marketplace, str(error)))
        return False
    return made


def is_against_stock(job: StoredJob) -> bool:
    """Whether a job, about to run, shows what is sold out, or removes what is there again."""
    if job.product is None:
        return False
    if job.action == REMOVAL:
        return job.product.quantity > 0 and job.payload.get(BECAUSE) == SOLD_OUT
    return job.product.quantity <= 0 and job.listing_id != ""


@dataclass(frozen=True, slots=True)
class Stock:
    """Follows the changes that are noted with each commit; several may, and one that is cut off is made up for."""

    database: Database
    registry: Registry

    def follow(self, tenant: TenantId | None = None) -> int:
        """Do what follows from the changes of one tenant, or of any; return how many jobs were made or taken back.

        Where PostgreSQL is away the changes wait: whoever made them is done.
        """
        try:
            with self.database.planned_records() as connection:
                changes = read_changes(connection, tenant, limit=CHANGES_A_TURN)
        except DatabaseError as error:
            record(database_failure("following the stock", error))
            return 0
        in_order = sorted(changes, key=lambda change: change.tenant)
        grouped = groupby(in_order, key=lambda change: change.tenant)
        return sum(self._follow(owner, list(own)) for owner, own in grouped)

    def _follow(self, tenant: TenantId, changes: Sequence[StockChange]) -> int:
        try:
            done = keep_to_stock(self.database, self.registry, tenant, [change.product for change in changes])
        except DatabaseError as error:
            record(database_failure(f"following the stock of tenant {tenant}", error))
            failpoint("stock.later.before")
            with self.database.records() as connection:
                put_off(connection, changes, delay_s=AGAIN_S)
            failpoint("stock.later.after")
            return 0
        failpoint("stock.followed.before")
        with self.database.records() as connection:
            note_followed(connection, changes)
        failpoint("stock.followed.after")
        return done

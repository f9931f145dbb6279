"""Tenants who leave are deleted step by step, each step again where it was cut off, until nothing of them is left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from stoflow.domain.errors import Conflict, DatabaseError, InputError, NotFound, PhotosUnavailable
from stoflow.domain.facts.sign_ins import ListingsLeftBehind, TenantDeleted, TenantDeletionWaits
from stoflow.domain.ids import TenantId
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.resources.needs import ChangesJobs, ReadsPhotos
from stoflow.resources.products.deleting import delete_product
from stoflow.storage.tenants import deletions
from stoflow.storage.tenants.deletions import Deletion, Step

LEASE_S: Final = 60.0
WAIT_S: Final = 2.0
SETTLED_AFTER_S: Final = 10.0  # doors and sockets ask every second, actors and workers finish what they began
ENDED_AFTER_S: Final = 24 * 3600.0
STOPPED_AFTER_S: Final = 300.0  # an attempt that lasts longer finds its tables gone
STEPS_A_TURN: Final = 20


class DeletesTenants(ChangesJobs, ReadsPhotos, Protocol):
    """What makes jobs, and where the photos are."""


@dataclass(frozen=True, slots=True)
class TenantDeletions:
    """One orchestrator's; several may turn at once."""

    needs: DeletesTenants
    lease_s: float = LEASE_S
    wait_s: float = WAIT_S
    settled_after_s: float = SETTLED_AFTER_S

    def turn(self) -> int:
        """Go on with what is due; return how many steps were taken."""
        for count in range(STEPS_A_TURN):
            due = deletions.take_deletion(self.needs.database, self.lease_s)
            if due is None:
                return count
            self._go_on(due)
        return STEPS_A_TURN

    def _go_on(self, due: Deletion) -> None:
        failpoint("deletion.step.before")
        try:
            is_done = self._steps[due.step](due)
        except (DatabaseError, PhotosUnavailable) as error:
            record(TenantDeletionWaits(due.tenant, due.step, str(error)))
            is_done = False
        failpoint("deletion.step.after")
        if not is_done:
            deletions.put_off(self.needs.database, due, self.wait_s)
        elif due.step is Step.LAST:
            deletions.finish_deletion(self.needs.database, due.tenant)
            record(TenantDeleted(due.tenant))
        else:
            deletions.advance(self.needs.database, due)

    @property
    def _steps(self) -> Mapping[Step, Callable[[Deletion], bool]]:
        return {
            Step.ENDING: self._end_listings,
            Step.CLOSING: self._close,
            Step.DROPPING: self._drop,
            Step.FORGETTING: self._forget,
            Step.PHOTOS: self._remove_photos,
            Step.LAST: self._forget_what_came_late,
        }

    def _end_listings(self, due: Deletion) -> bool:
        if due.lasted_s <= ENDED_AFTER_S and self._is_ending(due.tenant):
            return False
        for marketplace, count in deletions.listings_left(self.needs.database, due.tenant).items():
            record(ListingsLeftBehind(due.tenant, marketplace, count))
        return True

    def _is_ending(self, tenant: TenantId) -> bool:
        """Ask for what can be ended, and say whether some of it has not ended yet."""
        database, known = self.needs.database, self.needs.registry.marketplaces
        by_plugin = [name for name, each in known.items() if each.by_plugin]
        without = deletions.out_of_reach(database, tenant, by_plugin)
        products = deletions.for_sale(database, tenant, without=without)
        for product in products:
            self._end(tenant, product)
        return bool(products) or deletions.is_ending(database, tenant, without=without)

    def _end(self, tenant: TenantId, product: int) -> None:
        try:
            delete_product(self.needs, tenant, product, ends_listings=True)
        except (Conflict, InputError, NotFound) as error:
            record(TenantDeletionWaits(tenant, Step.ENDING, str(error)))

    def _close(self, due: Deletion) -> bool:
        deletions.close_account(self.needs.database, due.tenant)
        if due.lasted_s < self.settled_after_s:
            return False
        return due.lasted_s > STOPPED_AFTER_S or not deletions.is_running(self.needs.database, due.tenant)

    def _drop(self, due: Deletion) -> bool:
        deletions.drop_tables(self.needs.database, due.tenant)
        return True

    def _forget(self, due: Deletion) -> bool:
        deletions.forget_rows(self.needs.database, due.tenant)
        return True

    def _remove_photos(self, due: Deletion) -> bool:
        self.needs.media.forget(due.tenant)
        return True

    def _forget_what_came_late(self, due: Deletion) -> bool:
        deletions.forget_rows(self.needs.database, due.tenant)
        return due.lasted_s >= self.settled_after_s

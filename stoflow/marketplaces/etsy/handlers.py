"""Which tasks each action on Etsy has."""

from stoflow.domain.job import TaskKind
from stoflow.marketplaces.contract import Step
from stoflow.marketplaces.drafts import choose
from stoflow.marketplaces.etsy.deletion import EtsyDeletion
from stoflow.marketplaces.etsy.orders import EtsyOrders
from stoflow.marketplaces.etsy.publication import EtsyPublication
from stoflow.marketplaces.etsy.sync import EtsySync
from stoflow.marketplaces.etsy.update import EtsyUpdate
from stoflow.marketplaces.etsy.validation import LIMITS
from stoflow.marketplaces.handlers import DirectAPIJobHandler, Service
from stoflow.marketplaces.paging import ListingsHandler, PagedHandler


class EtsyJobHandler(DirectAPIJobHandler[Service]):
    """An action on Etsy, by calls of its API."""

    marketplace = "etsy"
    per_photo = frozenset({"upload"})
    most_photos = LIMITS.most_photos


class PublishEtsy(EtsyJobHandler[EtsyPublication]):
    """`publish_etsy`: a draft under a marker, one chosen, filled, and made active."""

    action = "publish"
    service_method_name = "activate"

    def steps_of(self, service: EtsyPublication) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return (
            Step("validate", service.validate),
            Step("map", service.map),
            Step("create", service.create_draft, TaskKind.UNSAFE, look=service.look_for_draft, marked=True),
            Step("choose", choose),
            Step("upload", service.upload, TaskKind.REPEATABLE),
            Step("inventory", service.store_inventory, TaskKind.REPEATABLE),
            Step("activate", self.service_method, TaskKind.UNSAFE, paced=True, look=service.look_for_listing),
            Step("save", service.save),
        )


class UpdateEtsy(EtsyJobHandler[EtsyUpdate]):
    """`update_etsy`: new photos, the listing's changed fields, and the inventory where it differs."""

    action = "update"
    service_method_name = "put_inventory"

    def steps_of(self, service: EtsyUpdate) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return (
            Step("validate", service.validate),
            Step("map", service.map),
            Step("read", service.read, TaskKind.REPEATABLE, overwrites=False),
            Step("upload", service.upload, TaskKind.REPEATABLE),
            Step("trim", service.trim, TaskKind.REPEATABLE),
            Step("listing", service.patch, TaskKind.UNSAFE, look=service.look_at_listing),
            Step("inventory", self.service_method, TaskKind.UNSAFE, paced=True, look=service.look_at_inventory),
            Step("save", service.save),
        )


class DeleteEtsy(EtsyJobHandler[EtsyDeletion]):
    """`delete_etsy`: the listing, by its id."""

    action = "delete"
    service_method_name = "end"

    def steps_of(self, service: EtsyDeletion) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return (
            Step("end", self.service_method, TaskKind.REPEATABLE, paced=True),
            Step("save", service.save),
        )


class SyncEtsy(ListingsHandler[EtsySync], EtsyJobHandler[EtsySync]):
    """`sync_etsy`: every listing of the shop, a page at a time, and those that no page showed by their ids."""

    service_method_name = "page"


class SyncOrdersEtsy(PagedHandler[EtsyOrders], EtsyJobHandler[EtsyOrders]):
    """`sync_orders_etsy`: what was bought in the shop since the last time, a page at a time."""

    action = "sync_orders"
    service_method_name = "page"

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
from stoflow.marketplaces.handlers import DirectAPIJobHandler
from stoflow.marketplaces.paging import LISTING_PAGES, ORDER_PAGES, listing_steps, order_steps


class PublishEtsy(DirectAPIJobHandler[EtsyPublication]):
    """`publish_etsy`: a draft under a marker, one chosen, filled, and made active."""

    marketplace = "etsy"
    action = "publish"
    per_photo = frozenset({"upload"})
    most_photos = LIMITS.most_photos
    service_method_name = "activate"

    def make_steps(self) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        service = self.get_service()
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


class UpdateEtsy(DirectAPIJobHandler[EtsyUpdate]):
    """`update_etsy`: new photos, the listing's changed fields, and the inventory where it differs."""

    marketplace = "etsy"
    action = "update"
    per_photo = frozenset({"upload"})
    most_photos = LIMITS.most_photos
    service_method_name = "put_inventory"

    def make_steps(self) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        service = self.get_service()
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


class DeleteEtsy(DirectAPIJobHandler[EtsyDeletion]):
    """`delete_etsy`: the listing, by its id."""

    marketplace = "etsy"
    action = "delete"
    service_method_name = "end"

    def make_steps(self) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        service = self.get_service()
        return (
            Step("end", self.service_method, TaskKind.REPEATABLE, paced=True),
            Step("save", service.save),
        )


class SyncEtsy(DirectAPIJobHandler[EtsySync]):
    """`sync_etsy`: every listing of the shop, a page at a time, and those that no page showed by their ids."""

    marketplace = "etsy"
    action = "sync"
    paged = LISTING_PAGES
    service_method_name = "page"

    def make_steps(self) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return listing_steps(self.service_method, self.get_service().confirm)


class SyncOrdersEtsy(DirectAPIJobHandler[EtsyOrders]):
    """`sync_orders_etsy`: what was bought in the shop since the last time, a page at a time."""

    marketplace = "etsy"
    action = "sync_orders"
    paged = ORDER_PAGES
    service_method_name = "page"

    def make_steps(self) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return order_steps(self.service_method)

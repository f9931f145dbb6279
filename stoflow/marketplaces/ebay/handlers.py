"""Which tasks each action on eBay has."""

from functools import cached_property

from stoflow.domain.job import TaskKind
from stoflow.marketplaces.contract import Step
from stoflow.marketplaces.ebay.deletion import EbayDeletion
from stoflow.marketplaces.ebay.errors import warnings_in
from stoflow.marketplaces.ebay.orders import EbayOrders
from stoflow.marketplaces.ebay.publication import EbayPublication
from stoflow.marketplaces.ebay.sync import EbaySync
from stoflow.marketplaces.ebay.update import EbayUpdate
from stoflow.marketplaces.ebay.validation import LIMITS
from stoflow.marketplaces.handlers import DirectAPIJobHandler, Service
from stoflow.marketplaces.paging import ListingsHandler, PagedHandler
from stoflow.marketplaces.warnings import heeding


class EbayJobHandler(DirectAPIJobHandler[Service]):
    """An action on eBay: what eBay warns of is put out, as it changes what buyers see."""

    marketplace = "ebay"
    per_photo = frozenset({"upload"})
    most_photos = LIMITS.most_photos

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The kinds of task of this action, in order."""
        return heeding(self.make_steps(), warnings_in)


class PublishEbay(EbayJobHandler[EbayPublication]):
    """`publish_ebay`: pictures, item, one offer per SKU, and its publication."""

    action = "publish"
    service_method_name = "publish"

    def steps_of(self, service: EbayPublication) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return (
            Step("validate", service.validate),
            Step("map", service.map),
            Step("upload", service.upload, TaskKind.REPEATABLE, overwrites=False),
            Step("item", service.store_item, TaskKind.REPEATABLE),
            Step("create", service.create_offer, TaskKind.UNSAFE, look=service.look_for_offer),
            Step("revise", service.revise, TaskKind.REPEATABLE),
            Step("publish", self.service_method, TaskKind.UNSAFE, paced=True, look=service.look_for_listing),
            Step("save", service.save),
        )


class UpdateEbay(EbayJobHandler[EbayUpdate]):
    """`update_ebay`: new pictures, then the offer and the item where they differ from what is there."""

    action = "update"
    service_method_name = "put_item"

    def steps_of(self, service: EbayUpdate) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return (
            Step("validate", service.validate),
            Step("map", service.map),
            Step("upload", service.upload, TaskKind.REPEATABLE, overwrites=False),
            Step("read", service.read, TaskKind.REPEATABLE, overwrites=False),
            Step("offer", service.put_offer, TaskKind.UNSAFE, look=service.look_at_offer),
            Step("item", self.service_method, TaskKind.UNSAFE, paced=True, look=service.look_at_item),
            Step("save", service.save),
        )


class DeleteEbay(EbayJobHandler[EbayDeletion]):
    """`delete_ebay`: the SKU's offer, found and then ended with its listing."""

    action = "delete"
    service_method_name = "end"

    def steps_of(self, service: EbayDeletion) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return (
            Step("find", service.find, TaskKind.REPEATABLE, overwrites=False),
            Step("end", self.service_method, TaskKind.REPEATABLE, paced=True),
            Step("save", service.save),
        )


class SyncEbay(ListingsHandler[EbaySync], EbayJobHandler[EbaySync]):
    """`sync_ebay`: every item with its offers, page by page, then what no page showed, one by one."""

    service_method_name = "page"


class SyncOrdersEbay(PagedHandler[EbayOrders], EbayJobHandler[EbayOrders]):
    """`sync_orders_ebay`: what was bought since the last complete run, page by page."""

    action = "sync_orders"
    service_method_name = "page"

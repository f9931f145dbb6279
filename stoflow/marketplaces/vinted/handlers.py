"""Which tasks each action on Vinted has."""

from stoflow.domain.job import TaskKind
from stoflow.marketplaces.contract import Step
from stoflow.marketplaces.drafts import choose
from stoflow.marketplaces.handlers import Service, ServiceJobHandler
from stoflow.marketplaces.paging import ListingsHandler, PagedHandler
from stoflow.marketplaces.vinted.deletion import VintedDeletion
from stoflow.marketplaces.vinted.linking import VintedLinking
from stoflow.marketplaces.vinted.messages import VintedMessages
from stoflow.marketplaces.vinted.orders import VintedOrders
from stoflow.marketplaces.vinted.publication import VintedPublication
from stoflow.marketplaces.vinted.sync import VintedSync
from stoflow.marketplaces.vinted.update import VintedUpdate
from stoflow.marketplaces.vinted.validation import LIMITS


class VintedJobHandler(ServiceJobHandler[Service]):
    """An action on Vinted: every outside task is commands of the seller's own plugin, an unsafe one exactly one."""

    marketplace = "vinted"
    per_photo = frozenset({"upload"})
    most_photos = LIMITS.most_photos


class PublishVinted(VintedJobHandler[VintedPublication]):
    """`publish_vinted`: photos, a draft under a marker, one chosen and completed."""

    action = "publish"

    def steps_of(self, service: VintedPublication) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return (
            Step("validate", service.validate),
            Step("map", service.map),
            Step("upload", service.upload, TaskKind.REPEATABLE, overwrites=False),
            Step("create", service.create_draft, TaskKind.UNSAFE, look=service.look_for_draft, marked=True),
            Step("choose", choose),
            Step("complete", service.complete, TaskKind.UNSAFE, paced=True, look=service.look_for_listing),
            Step("save", service.save),
        )


class UpdateVinted(VintedJobHandler[VintedUpdate]):
    """`update_vinted`: new photos, then the item whole where it differs from what is there."""

    action = "update"

    def steps_of(self, service: VintedUpdate) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return (
            Step("validate", service.validate),
            Step("map", service.map),
            Step("upload", service.upload, TaskKind.REPEATABLE, overwrites=False),
            Step("read", service.read, TaskKind.REPEATABLE, overwrites=False),
            Step("item", service.put_item, TaskKind.UNSAFE, paced=True, look=service.look_at_item),
            Step("save", service.save),
        )


class DeleteVinted(VintedJobHandler[VintedDeletion]):
    """`delete_vinted`: the item by its id, or the draft it never left."""

    action = "delete"

    def steps_of(self, service: VintedDeletion) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return (
            Step("end", service.end, TaskKind.REPEATABLE, paced=True),
            Step("discard", service.discard, TaskKind.REPEATABLE),
            Step("save", service.save),
        )


class SyncVinted(ListingsHandler[VintedSync], VintedJobHandler[VintedSync]):
    """`sync_vinted`: the wardrobe page by page, then what no page showed."""


class OrdersVinted(PagedHandler[VintedOrders], VintedJobHandler[VintedOrders]):
    """`orders_vinted`: what was bought, list by list and page by page."""

    action = "orders"


class MessageVinted(VintedJobHandler[VintedMessages]):
    """`message_vinted`: an answer in a conversation, said once."""

    action = "message"

    def steps_of(self, service: VintedMessages) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return (
            Step("validate", service.validate),
            Step("read", service.read, TaskKind.REPEATABLE, overwrites=False),
            Step("send", service.send, TaskKind.UNSAFE, paced=True, look=service.look_for_message),
            Step("save", service.save),
        )


class LinkProductVinted(VintedJobHandler[VintedLinking]):
    """`link_product_vinted`: a listing the member has becomes the product's, unless another product has it."""

    action = "link_product"

    def steps_of(self, service: VintedLinking) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return (
            Step("validate", service.validate),
            Step("read", service.read, TaskKind.REPEATABLE, overwrites=False, paced=True),
            Step("save", service.save),
        )

"""Which tasks each action on eBay has."""

from stoflow.domain.job import TaskKind
from stoflow.marketplaces.contract import Step
from stoflow.marketplaces.ebay.deletion import EbayDeletion
from stoflow.marketplaces.ebay.publication import EbayPublication
from stoflow.marketplaces.ebay.validation import LIMITS
from stoflow.marketplaces.handlers import DirectAPIJobHandler


class PublishEbay(DirectAPIJobHandler):
    """`publish_ebay`: pictures, item, one offer per SKU, and its publication."""

    marketplace = "ebay"
    action = "publish"
    per_photo = frozenset({"upload"})
    most_photos = LIMITS.most_photos

    def __init__(self, publication: EbayPublication) -> None:
        self._publication = publication

    def get_service(self) -> EbayPublication:
        """Return the service that publishes."""
        return self._publication

    def get_service_method_name(self) -> str:
        """Return the method that makes the listing visible."""
        return "publish"

    def make_steps(self) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        service = self._publication
        return (
            Step("validate", service.validate),
            Step("map", service.map),
            Step("upload", service.upload, TaskKind.REPEATABLE),
            Step("item", service.store_item, TaskKind.REPEATABLE),
            Step("create", service.create_offer, TaskKind.UNSAFE, look=service.look_for_offer),
            Step("revise", service.revise, TaskKind.REPEATABLE),
            Step("publish", self.service_method, TaskKind.UNSAFE, paced=True, look=service.look_for_listing),
            Step("save", service.save),
        )


class DeleteEbay(DirectAPIJobHandler):
    """`delete_ebay`: the SKU's offer, found and then ended with its listing."""

    marketplace = "ebay"
    action = "delete"

    def __init__(self, deletion: EbayDeletion) -> None:
        self._deletion = deletion

    def get_service(self) -> EbayDeletion:
        """Return the service that ends the listing."""
        return self._deletion

    def get_service_method_name(self) -> str:
        """Return the method after which buyers see nothing."""
        return "end"

    def make_steps(self) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return (
            Step("find", self._deletion.find, TaskKind.REPEATABLE),
            Step("end", self.service_method, TaskKind.REPEATABLE, paced=True),
            Step("save", self._deletion.save),
        )

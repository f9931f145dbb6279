"""Which tasks each action on Vinted has."""

from stoflow.domain.job import TaskKind
from stoflow.marketplaces.contract import Step
from stoflow.marketplaces.drafts import choose
from stoflow.marketplaces.handlers import VintedJobHandler
from stoflow.marketplaces.vinted.deletion import VintedDeletion
from stoflow.marketplaces.vinted.publication import VintedPublication
from stoflow.marketplaces.vinted.update import VintedUpdate
from stoflow.marketplaces.vinted.validation import LIMITS


class PublishVinted(VintedJobHandler[VintedPublication]):
    """`publish_vinted`: photos, a draft under a marker, one chosen and completed."""

    action = "publish"
    per_photo = frozenset({"upload"})
    most_photos = LIMITS.most_photos

    def make_steps(self) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        service = self.get_service()
        return (
            Step("validate", service.validate),
            Step("map", service.map),
            Step("upload", service.upload, TaskKind.REPEATABLE),
            Step("create", service.create_draft, TaskKind.UNSAFE, look=service.look_for_draft, marked=True),
            Step("choose", choose),
            Step("complete", service.complete, TaskKind.UNSAFE, paced=True, look=service.look_for_listing),
            Step("save", service.save),
        )


class UpdateVinted(VintedJobHandler[VintedUpdate]):
    """`update_vinted`: new photos, then the item whole where it differs from what is there."""

    action = "update"
    per_photo = frozenset({"upload"})
    most_photos = LIMITS.most_photos

    def make_steps(self) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        service = self.get_service()
        return (
            Step("validate", service.validate),
            Step("map", service.map),
            Step("upload", service.upload, TaskKind.REPEATABLE),
            Step("read", service.read, TaskKind.REPEATABLE),
            Step("item", service.put_item, TaskKind.UNSAFE, paced=True, look=service.look_at_item),
            Step("save", service.save),
        )


class DeleteVinted(VintedJobHandler[VintedDeletion]):
    """`delete_vinted`: the item by its id, or the draft it never left."""

    action = "delete"

    def make_steps(self) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        service = self.get_service()
        return (
            Step("end", service.end, TaskKind.REPEATABLE, paced=True),
            Step("discard", service.discard, TaskKind.REPEATABLE),
            Step("save", service.save),
        )

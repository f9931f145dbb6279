"""Which tasks publish a product on Vinted."""

from functools import cached_property
from typing import ClassVar

from stoflow.domain.job import TaskKind
from stoflow.marketplaces.contract import Step
from stoflow.marketplaces.drafts import choose
from stoflow.marketplaces.handlers import VintedJobHandler
from stoflow.marketplaces.vinted.publication import VintedPublication
from stoflow.marketplaces.vinted.validation import LIMITS


class PublishVinted(VintedJobHandler):
    """`publish_vinted`: photos, a draft under a marker, one chosen and completed."""

    action: ClassVar[str] = "publish"
    per_photo: ClassVar[frozenset[str]] = frozenset({"upload"})
    most_photos: ClassVar[int] = LIMITS.most_photos

    def __init__(self, publication: VintedPublication) -> None:
        self._publication = publication

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The tasks, in order."""
        service = self._publication
        return (
            Step("validate", service.validate),
            Step("map", service.map),
            Step("upload", service.upload, TaskKind.REPEATABLE),
            Step("create", service.create_draft, TaskKind.UNSAFE, look=service.look_for_draft, marked=True),
            Step("choose", choose),
            Step("complete", service.complete, TaskKind.UNSAFE, paced=True, look=service.look_for_listing),
            Step("save", service.save),
        )

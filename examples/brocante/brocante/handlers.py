"""Which tasks each action on Brocante has, in order: their names, their kind, and the one that is paced."""

from brocante.service import LIMITS, Stall
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Done
from stoflow.marketplaces.contract import Step
from stoflow.marketplaces.handlers import DirectAPIJobHandler


class PublishBrocante(DirectAPIJobHandler[Stall]):
    marketplace = "brocante"
    action = "publish"
    per_photo = frozenset({"upload"})
    most_photos = LIMITS.most_photos
    service_method_name = "put_on_sale"

    def make_steps(self) -> tuple[Step, ...]:
        stall = self.get_service()
        return (
            Step("validate", stall.validate),
            Step("map", stall.map),
            Step("put", stall.put, TaskKind.REPEATABLE),
            Step("upload", stall.upload, TaskKind.REPEATABLE),
            Step("sale", self.service_method, TaskKind.UNSAFE, paced=True, look=stall.look_for_sale),
            Step("save", lambda attempt: Done(attempt.outputs["sale"])),
        )


class DeleteBrocante(DirectAPIJobHandler[Stall]):
    marketplace = "brocante"
    action = "delete"
    service_method_name = "end"

    def make_steps(self) -> tuple[Step, ...]:
        end = Step("end", self.service_method, TaskKind.REPEATABLE, paced=True)
        return (end, Step("save", lambda attempt: Done(attempt.outputs["end"])))

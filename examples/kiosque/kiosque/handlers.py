"""Which tasks each action on Kiosque has, in order: their names, their kind, and the one that is paced."""

from kiosque.service import LIMITS, Counter
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Done
from stoflow.marketplaces.contract import Step
from stoflow.marketplaces.handlers import DirectAPIJobHandler


class PublishKiosque(DirectAPIJobHandler[Counter]):
    marketplace = "kiosque"
    action = "publish"
    per_photo = frozenset({"upload"})
    most_photos = LIMITS.most_photos
    service_method_name = "publish"

    def make_steps(self) -> tuple[Step, ...]:
        counter = self.get_service()
        return (
            Step("validate", counter.validate),
            Step("map", counter.map),
            Step("put", counter.put, TaskKind.REPEATABLE),
            Step("upload", counter.upload, TaskKind.REPEATABLE),
            Step("publication", self.service_method, TaskKind.UNSAFE, paced=True, look=counter.look_for_publication),
            Step("save", lambda attempt: Done(attempt.outputs["publication"])),
        )


class DeleteKiosque(DirectAPIJobHandler[Counter]):
    marketplace = "kiosque"
    action = "delete"
    service_method_name = "end"

    def make_steps(self) -> tuple[Step, ...]:
        end = Step("end", self.service_method, TaskKind.REPEATABLE, paced=True)
        return (end, Step("save", lambda attempt: Done(attempt.outputs["end"])))

"""A marketplace of one step, done by whatever a test gives it."""

from collections.abc import Callable

from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import Done, FieldError, Outcome
from stoflow.domain.product import Product
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step, TaskPlan
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile, bearer

FLEA = "flea"
Note = Callable[[Attempt], None]


class FleaHandler:
    """Notes a job, and calls nobody."""

    action = "publish"

    def __init__(self, marketplace: str, note: Note) -> None:
        self.marketplace = marketplace
        self._note = note

    def create_tasks(self, product: Product | None) -> list[TaskPlan]:
        return [TaskPlan("note", self._step.kind, self._step.paced)]

    def payload_errors(self, payload: object) -> tuple[FieldError, ...]:
        return ()

    def step(self, task_name: str) -> Step:
        return self._step

    @property
    def _step(self) -> Step:
        return Step("note", self._act)

    def _act(self, attempt: Attempt) -> Outcome:
        self._note(attempt)
        return Done({})


def flea(note: Note, name: str = FLEA) -> Marketplace:
    refresh = RefreshFlow("http://127.0.0.1:1", "/token", "an app")
    return Marketplace(
        name=name,
        transport="direct",
        actions=(ActionSpec("publish", "Publish"),),
        handlers={"publish": FleaHandler(name, note)},
        products=frozenset({"publish"}),
        profile=lambda _: DirectProfile(name, "http://127.0.0.1:1", bearer, refresh),
    )

"""A job driven by hand, and a marketplace to drive it against: what the engine does, without engine or database."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from stoflow.domain.account import Account
from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Answer, Call, Command, Reply, Request, Response
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Done, LookResult, Outcome, Pending
from stoflow.domain.product import Product, SentPhoto
from stoflow.marketplaces.contract import Handler, Step

LOOKS_AT_MOST = 50
"""Nothing that was accepted may be pending for longer than this many looks."""


@dataclass
class Judge:
    """Hears what is said between StoFlow and a marketplace; this one minds nothing."""

    requests: int = 0
    replies: int = 0

    def hear_call(self, call: Call) -> None:
        """Fail the test at a call that the marketplace would not understand."""

    def hear_response(self, call: Call, response: Response) -> None:
        """Fail the test at an answer that the marketplace would not give."""


@dataclass
class Site:
    """One seller's account on one marketplace: `send` makes a call as that seller; all calls are kept.

    What StoFlow says is judged, and so is each answer. `answer` makes a call that a test says.
    """

    account: Account
    answer: Callable[[Call], Response]
    judge: Judge = field(default_factory=Judge)
    calls: list[Call] = field(default_factory=list[Call])

    def send(self, call: Call) -> Response:
        return self.judged(self.answer)(call)

    def judged(self, answer: Callable[[Call], Response]) -> Callable[[Call], Response]:
        """Return `answer` as the marketplace's: what is sent to it is judged and kept."""

        def send(call: Call) -> Response:
            self.calls.append(call)
            self.judge.hear_call(call)
            return answer(call)

        return send


Ending = TypeVar("Ending", bound=Outcome | LookResult)


def hold(conversation: Generator[Call, Response, Ending], send: Callable[[Call], Response]) -> Ending:
    """Make every call of a conversation and return how it ends."""
    try:
        call = next(conversation)
        while True:
            call = conversation.send(send(call))
    except StopIteration as end:
        return end.value


@dataclass
class Acting:
    """One job on one product: `outputs` and `listing_id` grow as the engine's records would."""

    handler: Handler
    site: Site
    product: Product
    media_root: str = ""
    tenant: int = 7
    job: int = 42
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    listing_id: str = ""
    visible: bool = False
    photos: tuple[SentPhoto, ...] = ()
    sku: str = ""  # that a sync saw on the listing
    markers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def tasks(self) -> list[str]:
        return [plan.name for plan in self.handler.create_tasks(self.product)]

    def attempt(self, task: str, *, marker: str = "") -> Attempt:
        """Return what the engine gives a step; each attempt at a marked step has a marker of its own."""
        if self.handler.step(task).marked and not marker:
            marker = f"marker-{self.tenant}-{self.product.id}-{self.job}-{len(self.markers)}"
        self.markers[task] = marker or self.markers.get(task, "")
        return Attempt(
            tenant=TenantId(self.tenant),
            job=JobId(self.job),
            task_name=task,
            product=self.product,
            account=self.site.account,
            marker=self.markers[task],
            index=int(task.partition(":")[2] or 0),
            outputs=dict(self.outputs),
            listing_id=self.listing_id,
            listing_visible=self.visible,
            listing_photos=self.photos,
            listing_sku=self.sku if self.listing_id else "",
            media_root=self.media_root,
        )

    def do(self, task: str) -> Outcome | LookResult:
        """Make one attempt at a task and record it when it is done."""
        return self.finish(task, self.act(task))

    def finish(self, task: str, outcome: Outcome | LookResult) -> Outcome | LookResult:
        """Record what an attempt did, once the marketplace has finished it where that is later."""
        for _ in range(LOOKS_AT_MOST):
            if not isinstance(outcome, Pending):
                break
            outcome = self.look(task, operation=outcome.operation)
        if isinstance(outcome, Done):
            self.record(task, outcome)
        return outcome

    def act(
        self, task: str, attempt: Attempt | None = None, *, send: Callable[[Call], Response] | None = None
    ) -> Outcome | LookResult:
        """Make one attempt without recording it; `send` answers in the marketplace's stead."""
        begun = self.handler.step(task).do(attempt or self.attempt(task))
        return hold(begun, self.site.judged(send or self.site.answer)) if isinstance(begun, Generator) else begun

    def look(self, task: str, *, marker: str = "", operation: Mapping[str, Any] | None = None) -> Outcome | LookResult:
        """Look for what the last attempt at an unsafe task may have done."""
        step = self.handler.step(task)
        assert step.look is not None
        attempt = self.attempt(task, marker=marker or self.markers.get(task, ""))
        return hold(step.look(replace(attempt, operation=operation or {})), self.site.send)

    def record(self, task: str, outcome: Done) -> None:
        self.outputs[task] = dict(outcome.output)
        if outcome.listed and self.listing_id in {"", outcome.listed.replaces}:
            self.listing_id = outcome.listed.external_id  # else the first one stays
        if outcome.listed and outcome.listed.external_id == self.listing_id:
            self.visible = self.visible or outcome.listed.visible
            self.photos = self.photos if outcome.listed.photos is None else outcome.listed.photos
        if outcome.ended and outcome.ended == self.listing_id:
            self.listing_id, self.visible, self.photos = "", False, ()

    def run(self, *, until: str = "") -> dict[str, Outcome | LookResult]:
        """Do the tasks in order, up to and without `until`."""
        outcomes: dict[str, Outcome | LookResult] = {}
        for task in self.tasks:
            if task == until:
                break
            if task not in self.outputs:
                outcomes[task] = self.do(task)
                assert isinstance(outcomes[task], Done), f"{task}: {outcomes[task]}"
        return outcomes

    def again(self, **changes: Any) -> "Acting":
        """Return another job on the same product and account."""
        return replace(self, outputs={}, markers={}, job=self.job + 1, **changes)

    def first_call(self, task: str) -> Call | None:
        """Return the first call a task would make, without making it."""
        begun = self.handler.step(task).do(self.attempt(task, marker=self.markers.get(task, "")))
        try:
            return next(begun) if isinstance(begun, Generator) else None
        except StopIteration:
            return None

    def outside(self) -> list[tuple[str, Step]]:
        """Return the tasks that call the marketplace."""
        steps = [(task, self.handler.step(task)) for task in self.tasks]
        return [(task, step) for task, step in steps if step.kind is not TaskKind.INNER]


def response_to(call: Call, status: int, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return a marketplace's answer of that status, by whichever way the call went."""
    if isinstance(call, Request):
        return Reply(status, headers=headers or {}, body=None, text="")
    assert isinstance(call, Command)
    return Answer(success=False, error_code=f"http_{status}", error_message=f"The marketplace answered {status}.")

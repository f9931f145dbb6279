"""What stands in a marketplace's place: it does what its simulation does, keeps every call, and fails as told."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from stoflow.domain.call import Answer, Call, Command, Reply, Request, Response
from stoflow.domain.errors import APIError
from stoflow.domain.ids import TenantId
from stoflow.marketplaces.contract import Marketplace
from stoflow.testing.ledger import titles_on_sale
from stoflow.testing.network import NO_ANSWER, Act, Deed, Wire, answered, lost_after, lost_before
from stoflow.testing.words import steps_of
from stoflow.transports.contract import Transport
from stoflow_sandbox.app import Sandbox

ATTEMPT = re.compile(r"(?P<tenant>\d+)-(?P<job>\d+)-(?P<task>\d+|stray\d+)-\d+")
COLLECTION = "collect"
"""What the task is called that deletes a draft which nobody will make visible."""
ANY = ""
REFUSED = 400
STATUSES = range(300, 600)


@dataclass(frozen=True, slots=True)
class SeenCall:
    """One call that StoFlow made, of which task; `response` is None where StoFlow was not answered."""

    tenant: int
    job: int
    task: str
    call: Call
    response: Response | None

    @property
    def what(self) -> str:
        """The call in a line: `POST /sell/inventory/v1/offer`, or a command's name."""
        return f"{self.call.method} {self.call.path}" if isinstance(self.call, Request) else self.call.action


@dataclass(repr=False)
class MarketplaceDouble:
    """One marketplace in the place of the real one, for every seller of an engine.

    Without being told anything it does what the marketplace's simulation does. Each of `time_out`, `lose_answer`,
    `refuse` and `answer` says what becomes of the next call, or of the next `times` ones, of one task (as a job's
    tasks are called; of `upload:2` too) or of any.
    """

    place: Marketplace
    sandbox: Sandbox
    name_of: Callable[[int, int], str]
    calls: list[SeenCall] = field(default_factory=list[SeenCall])
    planned: list[tuple[str, Deed]] = field(default_factory=list[tuple[str, Deed]])

    def time_out(self, task: str = ANY, *, times: int = 1) -> None:
        """Let nobody answer, and nothing be done."""
        self._plan(task, lost_before, times)

    def lose_answer(self, task: str = ANY, *, times: int = 1) -> None:
        """Let it be done, and nobody say so."""
        self._plan(task, lost_after, times)

    def refuse(self, task: str = ANY, *, times: int = 1) -> None:
        """Let it be refused for good, with nothing done."""
        self._plan(task, answered(REFUSED), times)

    def answer(self, status: int, task: str = ANY, *, times: int = 1) -> None:
        """Let this HTTP status be answered (429, 401, 503, …), with nothing done."""
        if status not in STATUSES:
            raise ValueError(f"answer takes an HTTP status first, 300 to 599, and then a task: not {status!r}.")
        self._plan(task, answered(status), times)

    def calls_of(self, task: str) -> Sequence[SeenCall]:
        """Return the calls of one task, in order; raise ValueError for one that no action has."""
        self._check(task)
        return [seen for seen in self.calls if _is_of(seen.task, task)]

    def on_sale(self, tenant: int) -> list[str]:
        """Return the titles of what buyers see of a tenant there."""
        self.sandbox.control.settle()
        entries = self.sandbox.ledger.since()
        return titles_on_sale(one for one in entries if (one.marketplace, one.tenant) == (self.place.name, tenant))

    def meet(self, call: Call, attempt: str, act: Act) -> Response:
        """Let happen to a call what was planned for its task, else make it; keep what came of it."""
        of = ATTEMPT.fullmatch(attempt)
        if of is None:
            return act()
        tenant, job = int(of["tenant"]), int(of["job"])
        task = self.name_of(tenant, int(of["task"])) if of["task"].isdecimal() else COLLECTION
        seen = partial(SeenCall, tenant, job, task, call)
        try:
            response = self._deed_of(task)(call, act)
        except APIError:
            self.calls.append(seen(None))
            raise
        self.calls.append(seen(None if _is_silence(response) else response))
        return response

    def never_met(self) -> list[str]:
        """Return the tasks for which something was planned that has not happened."""
        return [task or "any task" for task, _ in self.planned]

    def _plan(self, task: str, deed: Deed, times: int) -> None:
        if task:
            self._check(task)
        if times < 1:
            raise ValueError(f"times should be 1 or more, not {times}: a fault that never happens tries nothing.")
        self.planned.extend([(task, deed)] * times)

    def _check(self, task: str) -> None:
        """Raise ValueError where no action has such a task: a test that means another one would be green."""
        known = {COLLECTION, *(step.name for action in self.place.handlers for step in steps_of(self.place, action))}
        if task.partition(":")[0] not in known:
            raise ValueError(f"{self.place.name} has no task {task}: there are {', '.join(sorted(known))}.")

    def _deed_of(self, task: str) -> Deed:
        """Take what was planned for this task first, else what it does by itself."""
        for number, (planned_for, deed) in enumerate(self.planned):
            if not planned_for or _is_of(task, planned_for):
                del self.planned[number]
                return deed
        return _does


@dataclass(frozen=True, slots=True)
class Doubles:
    """Every marketplace's double, by its name."""

    of: Mapping[str, MarketplaceDouble]

    def meet(self, call: Call, attempt: str, act: Act) -> Response:
        """Let the double of a command's marketplace meet it; commands begin with its name and a dot."""
        assert isinstance(call, Command)
        return self.of[call.action.partition(".")[0]].meet(call, attempt, act)


@dataclass(frozen=True, slots=True)
class DoubledTransport:
    """The transport of direct calls, with a double in front of each marketplace."""

    doubles: Doubles
    transport: Transport

    def send(
        self,
        request: Request,
        *,
        tenant: TenantId,
        marketplace: str,
        account: str,
        deadline_s: float,
        attempt: str = "",
    ) -> Reply:
        """Send as the transport does; raise as it does."""
        wire = Wire(self.doubles.of[marketplace], self.transport)
        return wire.send(
            request, tenant=tenant, marketplace=marketplace, account=account, deadline_s=deadline_s, attempt=attempt
        )


def _does(_: Call, act: Act) -> Response:
    return act()


def _is_of(task: str, wanted: str) -> bool:
    """Say whether a task is the one that is meant: `upload` means each of `upload:1`, `upload:2` …"""
    return wanted in {task, task.partition(":")[0]}


def _is_silence(response: Response) -> bool:
    return isinstance(response, Answer) and response.error_code == NO_ANSWER

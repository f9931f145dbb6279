"""The network between an engine and a marketplace: a test says what becomes of a task's next call on its way."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from stoflow.domain.call import Answer, Call, Command, Reply, Request, Response
from stoflow.domain.errors import APITimeoutError
from stoflow.domain.ids import TenantId
from stoflow.execution import plugin
from stoflow.execution.answer import receive_answer
from stoflow.execution.engine import Engine
from stoflow.marketplaces.replies import answer_of, reply_of
from stoflow.storage.database.recorder import Recorder
from stoflow.storage.database.session import Database
from stoflow.storage.engine.statement import Statement
from stoflow.testing.acting import response_to
from stoflow.transports.contract import Transport

Written = TypeVar("Written")
ATTEMPT = re.compile(r"\d+-(\d+)-(\d+)-\d+")  # tenant, job, task, claims
NO_ANSWER = "no_answer"
CLAIMING = "claims = t.claims + 1"
Act = Callable[[], Response]
Deed = Callable[[Call, Act], Response]


class Died(BaseException):
    """The process that was at work is gone: nothing of it may catch this."""


@dataclass
class Network:
    """`name_of` tells a task by its id. What was planned for a task happens once: at its call, or before its claim."""

    name_of: Callable[[int], str]
    calls: dict[str, Deed] = field(default_factory=dict[str, Deed])
    claims: dict[str, Callable[[], None]] = field(default_factory=dict[str, Callable[[], None]])

    def meet(self, call: Call, attempt: str, act: Act) -> Response:
        """Let happen to a call what was planned for its task, else make it."""
        about = ATTEMPT.fullmatch(attempt)
        deed = self.calls.pop(self.name_of(int(about[2])), None) if self.calls and about else None
        return deed(call, act) if deed else act()

    def before(self, statement: Statement[Any]) -> None:
        """Let happen what was planned for the moment before a task is claimed."""
        if self.claims and CLAIMING in statement.text and "digest" in statement.params:  # a look has none
            self.claims.pop(self.name_of(statement.params["task"]), lambda: None)()


class Meets(Protocol):
    """What stands before a marketplace: each call is met by it, with the name of its attempt and what would make it."""

    def meet(self, call: Call, attempt: str, act: Act) -> Response: ...


class WatchedRecorder(Recorder):
    """A recorder whose claims the network sees coming."""

    def __init__(self, database: Database, network: Network) -> None:
        super().__init__(database)
        self._watcher = network

    def write(self, tenant: TenantId, job: int, first: Statement[Written], *more: Statement[Any]) -> Written:
        self._watcher.before(first)
        return super().write(tenant, job, first, *more)


@dataclass(frozen=True)
class Wire:
    """The transport of direct calls, with the network in front of it."""

    network: Meets
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
        act = partial(
            self.transport.send,
            request,
            tenant=tenant,
            marketplace=marketplace,
            account=account,
            deadline_s=deadline_s,
            attempt=attempt,
        )
        return reply_of(self.network.meet(request, attempt, act))


Performer = Callable[[Call, str], Response]
"""Does a command in the seller's browser; the text names its attempt."""


@dataclass
class PluginBrowser:
    """The seller's plugin without a socket. It remembers what it answered, whoever of StoFlow's died since."""

    plugin_id: str
    perform: Performer
    network: Meets
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])

    def work(self, engine: Engine, tenant: TenantId) -> None:
        """Do what is asked and answer."""
        for command in plugin.open_commands(engine, [(tenant, self.plugin_id)]):
            if plugin.commands_sent(engine, [command]):
                call = Command(command.action, command.payload)
                answer = self._answer(call, command.request_id, command.attempt)
                receive_answer(engine, tenant, self.plugin_id, command.request_id, answer)

    def _answer(self, call: Command, request_id: str, attempt: str) -> Answer:
        def act() -> Answer:
            self.answers[request_id] = answer_of(self.perform(call, attempt))
            return self.answers[request_id]

        return self.answers.get(request_id) or answer_of(self.network.meet(call, attempt, act))


def lost_before(call: Call, _: Act) -> Response:
    """The call never arrives, and nobody says so."""
    if isinstance(call, Request):
        raise APITimeoutError("The marketplace did not answer in time.")
    return Answer(success=False, error_code=NO_ANSWER, error_message="The marketplace gave no answer.")


def lost_after(call: Call, act: Act) -> Response:
    """It is done, and nobody says so."""
    act()
    return lost_before(call, act)


def answered(status: int) -> Deed:
    """The marketplace answers with this status and does nothing."""
    return lambda call, _: response_to(call, status)


def dies() -> None:
    """The process dies here."""
    raise Died


def dies_before(_: Call, __: Act) -> Response:
    """The process dies with its claim committed and the call not made."""
    raise Died


def dies_after(_: Call, act: Act) -> Response:
    """The process dies with the call made and nothing recorded."""
    act()
    raise Died

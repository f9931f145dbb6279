"""What a marketplace brings: handlers that name the steps of each action, and services that do them."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from stoflow.domain.account import Account
from stoflow.domain.application import Refusal
from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.choices import Choices, Setting
from stoflow.domain.job import TaskKind
from stoflow.domain.job import TaskPlan as TaskPlan
from stoflow.domain.outcome import Absent, FieldError, LookResult, Outcome
from stoflow.domain.product import Product
from stoflow.marketplaces.call_limits import CallLimits, CallsLeft
from stoflow.marketplaces.notices import Notices
from stoflow.marketplaces.payloads import Payload
from stoflow.marketplaces.taxonomy import Taxonomy
from stoflow.settings import PackageSettings, Settings
from stoflow.transports.direct.profile import DirectProfile

Conversation = Generator[Call, Response, Outcome]
"""An outside step: yields each call, is sent its response, returns the outcome.

Deterministic for the same attempt: for a plugin step it is started anew in the process that holds the answer.
An UNSAFE step yields exactly one call that changes something, as its last. When no response came the conversation is
closed and the engine decides: UNSAFE means Unknown, else TryAgain.
"""
Looking = Generator[Call, Response, LookResult]
"""The same, to find out what became of a call that nobody answered; it changes nothing."""
Look = Callable[[Attempt], Looking]
Reading = Generator[Request, Reply, Choices | Outcome]
"""How an account is asked what it has: yields each call, is sent its reply, returns the choices of every setting of
the account's own, or why the marketplace does not tell."""


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of task. `do` returns an Outcome (INNER) or a Conversation (outside).

    `look` is required where kind is UNSAFE: Done adopts what was done, whatever became of it since, Absent says it was
    not done, Refused that it never can be, and CannotTell that the marketplace does not say now. `paced` marks the one
    call of an action that changes what buyers see.
    `marked` says that `do` writes `attempt.marker` into what it creates, so that orphans can be found by it.
    `overwrites` False says of a REPEATABLE step that a copy of its call which is carried out late undoes nothing that
    came after: it only reads, or makes what nothing refers to yet.
    `propagates` marks the inner step before which what the job learned becomes jobs on the other marketplaces.
    """

    name: str
    do: Callable[[Attempt], Outcome | Conversation]
    kind: TaskKind = TaskKind.INNER
    paced: bool = False
    look: Look | None = None
    marked: bool = False
    propagates: bool = False
    overwrites: bool = True


class Handler(Protocol):
    """Names the tasks of one action and delegates each to a service."""

    marketplace: str
    action: str

    def create_tasks(self, product: Product | None) -> Sequence[TaskPlan]:
        """Return the tasks of a job on this product, at most one of them paced.

        Of an action that goes through a whole account, only the first: each says which one follows (`Done.seen`).
        """
        ...

    def payload_errors(self, payload: Mapping[str, Any]) -> tuple[FieldError, ...]:
        """Return what the action's model cannot say against a payload, each field named `payload.<name>`."""
        ...

    def step(self, task_name: str) -> Step:
        """Return the step behind a task's name; raise KeyError for a name it never gave."""
        ...


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One row of `public.marketplace_action_types`.

    `overtakes` names the actions of which a job that has not begun is cancelled when one of this action is accepted
    for the same product: nobody wants published what is about to be deleted. `periodic` says whose period the action
    comes round in by itself, for every account: that of listings or that of orders. `alias` is what people may call it
    as well, where other marketplaces have another code for the same. `payload` is what a job of it may be asked with.
    """

    code: str
    name: str
    priority: int = 3
    is_batch: bool = False
    rate_limit_ms: int = 1000
    max_retries: int = 3
    timeout_s: int = 60
    overtakes: frozenset[str] = frozenset()
    periodic: Literal["listings", "orders"] | None = None
    alias: str = ""
    payload: type[Payload] = Payload


@dataclass(frozen=True, slots=True)
class AccountOptions:
    """What may be set of an account there, and how it is asked what there is to choose from."""

    settings: tuple[Setting, ...]
    read: Callable[[Account], Reading]


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One act that a seller's plugin is asked for: what it is given, and what of the site's JSON StoFlow reads.

    Where it `acts`, a repeat would do something again: a plugin remembers its answer.
    """

    action: str
    summary: str
    payload: type[BaseModel]
    body: type[BaseModel]
    acts: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """A notice that a seller accepts; each wording has a version of its own."""

    version: str
    text: str


@dataclass(frozen=True, slots=True)
class PluginProtocol:
    """All that is said with a plugin of one marketplace; `errors` says what each code of a failure means.

    `terms` are what the seller is told before it acts in their browser.
    """

    commands: tuple[CommandSpec, ...]
    errors: Mapping[str, str]
    terms: Terms


@dataclass(frozen=True, slots=True)
class Preview:
    """What buyers would read of a product, each part as far as it can be said yet, "" where it cannot.

    `currency` is the account's, `category` the marketplace's own number of it.
    """

    title: str
    description: str
    currency: str
    category: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Marketplace:
    """What it can do; whose it is lives in Account.

    `profile` says where a directly called one is and how it wants to be called; `settings` are those that an installed
    package reads for it beside StoFlow's. `taxonomy` is how it is asked what it wants to know in each category, where
    it can be. `call_limits` is how it is asked how many calls it still takes, where it can be.
    `options` are what a seller chooses for a whole account, where there is something to choose.
    `scopes` are what a seller must have granted for each action, by code, "" for what all of them need.
    `rest_s` reads from any reply how many seconds no call is left, None where one is; `calls_left` how many are, to
    be watched.
    `refusal` is what a reply says of StoFlow's own application, None where that is not refused.
    `preview` says what buyers would read of a product, whatever is still missing of it.
    `plugin` is what a seller's plugin is asked to do there, where one makes the calls.
    `notices` reads what it pushes of operations that it accepted, where it does: a hint, since the look asks.

    `collect(attempt)` deletes the draft that carries `attempt.marker`, if there is one and it is not
    `attempt.listing_id`: Done when nothing of it is left.
    """

    name: str
    transport: Literal["direct", "plugin"]
    actions: tuple[ActionSpec, ...]
    handlers: Mapping[str, Handler]  # by action code
    concurrency: int = 4  # outside calls in flight per tenant
    quiet_s: float = 30.0  # above its longest late commit
    second_look_s: float = 120.0
    collect: Callable[[Attempt], Generator[Call, Response, Outcome | Absent]] | None = None
    products: frozenset[str] = field(default_factory=frozenset[str])  # action codes that need a product
    profile: Callable[[Settings], DirectProfile] | None = None
    settings: type[PackageSettings] | None = None
    taxonomy: Taxonomy | None = None
    call_limits: CallLimits | None = None
    options: AccountOptions | None = None
    refusal: Callable[[Request, Reply], Refusal | None] | None = None
    notices: Notices | None = None
    preview: Callable[[Attempt], Preview] | None = None
    plugin: PluginProtocol | None = None
    rest_s: Callable[[Reply], float | None] | None = None
    calls_left: Callable[[Reply], tuple[CallsLeft, ...]] | None = None
    scopes: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def by_plugin(self) -> bool:
        """Whether the seller's plugin makes the calls."""
        return self.transport == "plugin"

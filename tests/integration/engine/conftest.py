"""An engine without Redis: runs are called directly, what they report is kept, the marketplace is a small class."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.errors import APITimeoutError
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import (
    Absent,
    Done,
    FieldError,
    Listed,
    Lock,
    LookResult,
    Outcome,
    Refused,
    SellerMustAct,
    TryAgain,
    Unknown,
    cannot_tell,
)
from stoflow.domain.product import NewProduct, Product
from stoflow.domain.tempo import Tempo
from stoflow.execution.engine import Engine
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step, TaskPlan
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import SubmitJob
from stoflow.storage.database.recorder import Recorder
from stoflow.storage.database.session import Database
from stoflow.storage.products.snapshots import add_product
from stoflow.testing.bench import LEASE_S, KeptFeed, TenantBench, applications_of, own
from stoflow.upkeep.action_types import register_action_types

SHOP = "shop"
LOST = "lost"  # the work is done, its answer never comes
NEVER = "never"  # the call never arrives, and nobody says so
Act = Callable[[], Reply]
Planned = Callable[[Act], Reply] | int | str | None


def _planned(call: Planned) -> Callable[[Act], Reply]:
    def act_upon(act: Act) -> Reply:
        if call is None or call == LOST:
            reply = act()
            if call is None:
                return reply
        elif isinstance(call, int):
            return Reply(call)
        elif callable(call):
            return call(act)
        raise APITimeoutError("No answer came.")

    return act_upon


@dataclass
class Shop:
    """A marketplace in memory: listings by product, calls in order, and what to do with the next call."""

    calls: list[str] = field(default_factory=list)
    listings: dict[str, str] = field(default_factory=dict)
    visible: set[str] = field(default_factory=set)
    script: list[Callable[[Callable[[], Reply]], Reply]] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)

    def plan(self, *calls: "Planned") -> None:
        """Say what becomes of the next calls: None as usual, a status instead of the work, LOST, NEVER, or a function
        that is handed the work."""
        self.script += [_planned(call) for call in calls]

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
        self.calls.append(f"{request.method} {request.path}")
        self.attempts.append(attempt)
        act = lambda: self._answer(request)  # noqa: E731
        return self.script.pop(0)(act) if self.script else act()

    def _answer(self, request: Request) -> Reply:
        sku = request.query.get("sku", "")
        match request.method, request.path:
            case "POST", "/offer":
                self.listings.setdefault(sku, f"offer-{sku}")
                return Reply(201, body={"id": self.listings[sku]})
            case "POST", "/publish":
                self.visible.add(sku)
                return Reply(200, body={"id": self.listings[sku]})
            case "DELETE", "/offer":
                self.visible.discard(sku)
                return Reply(204 if self.listings.pop(sku, None) else 404)
            case "GET", "/offer":
                found = self.listings.get(sku)
                return Reply(200, body={"id": found, "visible": sku in self.visible}) if found else Reply(404)
            case _:
                return Reply(200, body={})


def _sku(attempt: Attempt) -> str:
    return f"{attempt.tenant}p{attempt.product.id if attempt.product else 0}"


def _validate(attempt: Attempt) -> Outcome:
    return Done({"title": attempt.product.title if attempt.product else ""})


def _upload(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    yield Request("PUT", "/photo", query={"sku": _sku(attempt)})
    return Done({"photos": 1})


def _create(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    reply = yield Request("POST", "/offer", query={"sku": _sku(attempt)})
    if isinstance(reply, Reply) and reply.status == 410:
        return TryAgain("It is gone.", after_s=0.0, charged=False, ended=reply.body["id"])
    return _outcome(reply, visible=False)


def _publish(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    reply = yield Request("POST", "/publish", query={"sku": _sku(attempt)})
    return _outcome(reply, visible=True)


UNHAPPY: dict[int, Outcome] = {
    429: TryAgain("slow down", after_s=7.0, charged=False),
    503: TryAgain("unavailable", after_s=0.0),
    504: TryAgain("back in half a minute", after_s=30.0, away=True),
    500: Unknown("it may have been done"),
    400: Refused("bad listing"),
    401: SellerMustAct("Log in again."),
    423: SellerMustAct("Your stand is closed.", lock=Lock()),
}


def _outcome(reply: Response, *, visible: bool) -> Outcome:
    assert isinstance(reply, Reply)
    if reply.status in UNHAPPY:
        return UNHAPPY[reply.status]
    listed = Listed(reply.body["id"], visible=visible, replaces=reply.body.get("replaces", ""))
    return Done({"id": reply.body["id"]}, listed)


def _look(attempt: Attempt) -> Generator[Call, Response, LookResult]:
    reply = yield Request("GET", "/offer", query={"sku": _sku(attempt)})
    assert isinstance(reply, Reply)
    if reply.status in UNHAPPY:
        return cannot_tell(UNHAPPY[reply.status])
    return Absent() if reply.status == 404 else Done({"id": reply.body["id"]}, Listed(reply.body["id"]))


def _look_visible(attempt: Attempt) -> Generator[Call, Response, LookResult]:
    reply = yield Request("GET", "/offer", query={"sku": _sku(attempt)})
    assert isinstance(reply, Reply)
    if reply.status == 404 or not reply.body["visible"]:
        return Absent()
    return Done({"id": reply.body["id"]}, Listed(reply.body["id"], visible=True))


def _save(attempt: Attempt) -> Outcome:
    return Done({"listing": attempt.listing_id})


STEPS = (
    Step("validate", _validate),
    Step("upload", _upload, TaskKind.REPEATABLE),
    Step("create", _create, TaskKind.UNSAFE, look=_look, marked=True),
    Step("publish", _publish, TaskKind.UNSAFE, paced=True, look=_look_visible),
    Step("save", _save),
)


class ShopHandler:
    marketplace = SHOP

    def __init__(self, steps: tuple[Step, ...] = STEPS, action: str = "publish") -> None:
        self.steps = steps
        self.action = action

    def create_tasks(self, product: Product | None) -> list[TaskPlan]:
        return [TaskPlan(step.name, step.kind, step.paced) for step in self.steps]

    def payload_errors(self, payload: Mapping[str, Any]) -> tuple[FieldError, ...]:
        return ()

    def step(self, task_name: str) -> Step:
        return {step.name: step for step in self.steps}[task_name]


def shop_marketplace(steps: tuple[Step, ...] = STEPS, *, rate_limit_ms: int = 0) -> Marketplace:
    return Marketplace(
        name=SHOP,
        transport="direct",
        actions=(ActionSpec("publish", "Publish", rate_limit_ms=rate_limit_ms),),
        handlers={"publish": ShopHandler(steps)},
        products=frozenset({"publish"}),
    )


@dataclass
class Bench(TenantBench):
    """A bench before the shop."""

    shop: Shop

    def product(self, title: str = "A coat") -> int:
        with self.engine.database.tenant(self.tenant) as session:
            return add_product(session, NewProduct(title=title, description="Warm.", price=None))

    def submit(self, product: int | None, action: str = "publish", **fields: Any) -> JobId:
        asked = SubmitJob(SHOP, action, product, **fields)
        job, _ = submit(self.engine.database, self.engine.registry, self.tenant, asked)
        return job


@pytest.fixture
def shop_handler() -> type[ShopHandler]:
    """For marketplaces of a test's own steps."""
    return ShopHandler


@pytest.fixture
def rate_limit_ms() -> int:
    """The pace of the shop's publish; 0 is no limit."""
    return 0


@pytest.fixture
def marketplace(rate_limit_ms: int) -> Marketplace:
    return shop_marketplace(rate_limit_ms=rate_limit_ms)


@pytest.fixture
def registry(marketplace: Marketplace) -> Registry:
    return build_registry((marketplace,), entry_points=False)


@pytest.fixture
def bench(database: Database, tenant: TenantId, registry: Registry) -> Bench:
    register_action_types(database, registry)
    owned = own(database, tenant)
    shop, feed = Shop(), KeptFeed()
    engine = Engine(
        database=database,
        recorder=Recorder(database),
        registry=registry,
        transport=shop,
        feed=feed,
        tempo=Tempo(),
        process=lambda: owned.worker,
        lease_s=LEASE_S,
        quiet_s=lambda _: 0.0,
        second_look_s=lambda _: 0.0,
        media_root="",
        taxonomy=lambda _: {},
        applications=applications_of(database, registry),
        random=Random(1),
    )
    return Bench(engine, feed, tenant, owned.owner, owned.epoch, owned.worker, shop)

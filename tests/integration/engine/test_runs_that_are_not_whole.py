"""A run of orders that could not read all of them says so, and the next one begins where it did: for a week at most."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.observed import Order, OrderLine, OrdersSeen, OrderState
from stoflow.domain.outcome import Done, Outcome
from stoflow.domain.run import NextMove
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.marketplaces.paging import after_page, summary
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import SubmitJob

if TYPE_CHECKING:
    from conftest import Bench

ODD = {"name": "odd", "reason": "It cannot be read."}
LONG = "x" * 300


@dataclass
class Shop:
    """What its pages show: orders' ids, and what of a page cannot be read."""

    pages: Sequence[tuple[Sequence[str], Sequence[dict[str, str]]]] = ()
    asked_since: list[str | None] = field(default_factory=list)

    def send(self, _: Request, **__: Any) -> Reply:
        return Reply(200)


class Orders(BaseJobHandler):
    marketplace, action, paged = "shop", "orders", frozenset({"page"})

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def make_steps(self) -> tuple[Step, ...]:
        return (Step("page", self._page, TaskKind.REPEATABLE), Step("save", summary))

    def _page(self, attempt: Attempt) -> Generator[Call, Response, Outcome]:
        yield Request("GET", "/")
        if attempt.index == 1:
            self._shop.asked_since.append(attempt.since and attempt.since.isoformat())
        ids, odd = self._shop.pages[attempt.index - 1]
        more = attempt.index < len(self._shop.pages)
        lines = (OrderLine("1", "c"),)
        orders = tuple(Order(each, OrderState.PAID, lines) for each in ids)
        seen = OrdersSeen(after_page(attempt, more=more, then="save"), orders, complete=not more)
        return Done({"unread": list(odd)} if odd else {}, seen=seen)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def registry(shop: Shop) -> Registry:
    spec = ActionSpec("orders", "Orders", rate_limit_ms=0)
    return build_registry((Marketplace("shop", "direct", (spec,), {"orders": Orders(shop)}),), entry_points=False)


@pytest.fixture
def selling(bench: "Bench", shop: Shop) -> "Bench":
    bench.all("INSERT INTO {s}.connections (marketplace, external_id, state) VALUES ('shop', 's', 'connected')")
    return replace(bench, engine=replace(bench.engine, transport=shop))


Page = tuple[Sequence[str], Sequence[dict[str, str]]]


def runs(bench: "Bench", shop: Shop, *pages: Page) -> dict[str, Any]:
    shop.pages = pages
    job, _ = submit(bench.engine.database, bench.engine.registry, bench.tenant, SubmitJob("shop", "orders", None))
    while bench.run(job).move is not NextMove.NOTHING:
        bench.make_due()
    row = bench.row(job)
    assert row["status"] == "completed", row
    return row["result_data"]


def began_at(bench: "Bench", shop: Shop) -> str | None:
    """Where the next run begins: from the beginning, or not before an earlier one."""
    runs(bench, shop, ((), ()))
    return shop.asked_since[-1]


WHOLE: Page = (["1"], [])
NOT_WHOLE: Page = (["2"], [ODD])


@pytest.mark.parametrize(
    "pages",
    [(NOT_WHOLE,), (NOT_WHOLE, WHOLE), (WHOLE, NOT_WHOLE), ((["3", LONG], []), WHOLE)],
    ids=["the only page", "the first page", "the last page", "an id that cannot be kept"],
)
def test_what_could_not_be_read_is_asked_for_again(selling: "Bench", shop: Shop, pages: Sequence[Page]) -> None:
    result = runs(selling, shop, *pages)
    assert result["whole"] is False
    assert len(result["unread"]) == 1
    assert selling.all("SELECT external_id FROM {s}.orders"), "the rest is taken"
    assert began_at(selling, shop) is None


def test_a_run_that_read_all_says_nothing_and_moves_on(selling: "Bench", shop: Shop) -> None:
    assert "whole" not in runs(selling, shop, WHOLE, WHOLE)
    assert began_at(selling, shop) is not None


def test_a_run_after_it_that_reads_all_moves_on(selling: "Bench", shop: Shop) -> None:
    runs(selling, shop, NOT_WHOLE)
    runs(selling, shop, WHOLE)
    assert began_at(selling, shop) is not None


def test_a_whole_run_before_it_stays_the_beginning(selling: "Bench", shop: Shop) -> None:
    runs(selling, shop, WHOLE)
    runs(selling, shop, NOT_WHOLE)
    before = began_at(selling, shop)
    assert before is not None
    assert shop.asked_since == [None, before, before]


def test_what_cannot_be_read_for_a_week_is_asked_for_no_more(selling: "Bench", shop: Shop) -> None:
    runs(selling, shop, NOT_WHOLE)
    selling.all(
        "UPDATE {s}.connections SET watermarks = "
        "jsonb_build_object('orders unread', clock_timestamp() - interval '8 days')"
    )
    assert runs(selling, shop, NOT_WHOLE)["whole"] is False
    assert began_at(selling, shop) is not None


def test_each_week_is_counted_from_its_own_beginning(selling: "Bench", shop: Shop) -> None:
    runs(selling, shop, NOT_WHOLE)
    runs(selling, shop, WHOLE)
    marks = selling.one("SELECT watermarks FROM {s}.connections")["watermarks"]
    assert set(marks) == {"orders"}

"""How many are left is told to every marketplace that shows the product, also where that happens meanwhile."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.observed import Order, OrderLine, OrdersSeen, OrderState
from stoflow.domain.outcome import Done, Outcome, Refused, TryAgain
from stoflow.domain.run import NextMove
from stoflow.marketplaces.contract import ActionSpec, Handler, Marketplace, Step
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.marketplaces.paging import summary
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import SubmitJob
from stoflow.upkeep import propagate

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

    from stoflow.domain.ids import JobId

SHOP, MARKET = "shop", "market"
OK, BUSY = 200, 503


@dataclass
class Answering:
    status: int = OK

    def send(self, _: Request, **__: Any) -> Reply:
        return Reply(self.status)


class Orders(BaseJobHandler):
    action = "orders"
    paged = frozenset({"page"})

    def __init__(self, place: str, bought: list[Order]) -> None:
        self.marketplace, self._bought = place, bought

    def make_steps(self) -> tuple[Step, ...]:
        return (Step("page", self._page, TaskKind.REPEATABLE), Step("save", summary, propagates=True))

    def _page(self, _: Attempt) -> Generator[Call, Response, Outcome]:
        yield Request("GET", "/")
        return Done(seen=OrdersSeen("save", tuple(self._bought), complete=True))


def showing(_: Attempt) -> Generator[Call, Response, Outcome]:
    reply = yield Request("POST", "/")
    return Done() if isinstance(reply, Reply) and reply.status == OK else TryAgain("It has no time.")


def refusing(_: Attempt) -> Generator[Call, Response, Outcome]:
    yield Request("POST", "/")
    return Refused("Not this one.")


@pytest.fixture
def bought() -> list[Order]:
    return []


@pytest.fixture
def registry(bought: list[Order], shop_handler: "type[ShopHandler]") -> Registry:
    def at(name: str, steps: Mapping[str, tuple[Step, ...]]) -> Marketplace:
        handlers: dict[str, Handler] = {"orders": Orders(name, bought)}
        for action, each in steps.items():
            handler = shop_handler(each, action)
            handler.marketplace = name
            handlers[action] = handler
        specs = tuple(ActionSpec(code, code, rate_limit_ms=0) for code in handlers)
        return Marketplace(name=name, transport="direct", actions=specs, handlers=handlers)

    def steps(ends: Any) -> tuple[Step, ...]:
        return (Step("do", ends, TaskKind.REPEATABLE),)

    own = {"publish": steps(showing), "fail": steps(refusing), "update": steps(showing), "delete": steps(showing)}
    return build_registry((at(SHOP, own), at(MARKET, own)), entry_points=False)


@pytest.fixture
def answering() -> Answering:
    return Answering()


@pytest.fixture
def selling(bench: "Bench", answering: Answering) -> "Bench":
    return replace(bench, engine=replace(bench.engine, transport=answering))


@pytest.fixture
def coat(selling: "Bench") -> int:
    """Three pieces, for sale in the shop."""
    product = selling.product()
    selling.all(f"UPDATE {{s}}.products SET stock_quantity = 3, created_at = '2026-11-01' WHERE id = {product}")
    show(selling, product, SHOP)
    return product


def show(bench: "Bench", product: int, place: str, quantity: int | None = None) -> None:
    bench.all(
        "INSERT INTO {s}.listings (product_id, marketplace, external_id, visible, quantity, updated_at) "
        f"VALUES ({product}, '{place}', 'c', true, {quantity or 'NULL'}, clock_timestamp() - interval '1 hour')"
    )


def ask(bench: "Bench", action: str, place: str, product: int | None) -> "JobId":
    job, _ = submit(bench.engine.database, bench.engine.registry, bench.tenant, SubmitJob(place, action, product))
    return job


def read_orders(bench: "Bench", place: str = SHOP) -> None:
    job = ask(bench, "orders", place, None)
    while bench.run(job).move is not NextMove.NOTHING:
        bench.make_due()
    assert bench.row(job)["status"] == "completed"


def sale(name: str, quantity: int = 1, ordered_at: datetime | None = None) -> Order:
    return Order(name, OrderState.PAID, (OrderLine(f"{name}-1", "c", quantity),), ordered_at=ordered_at)


def asked_for(bench: "Bench", action: str) -> list[str]:
    """Return at which marketplaces it was asked for."""
    rows = bench.all(
        "SELECT j.marketplace FROM {s}.marketplace_jobs j JOIN public.marketplace_action_types a "
        f"ON a.id = j.action_type_id WHERE a.code = '{action}' ORDER BY j.id"
    )
    return [row["marketplace"] for row in rows]


def updates(bench: "Bench") -> list[str]:
    return asked_for(bench, "update")


def removals(bench: "Bench") -> list[str]:
    return asked_for(bench, "delete")


def shown(bench: "Bench", product: int, place: str = SHOP) -> tuple[str | None, int | None]:
    """Return which listing is recorded, and how many it is known to show."""
    query = f"SELECT external_id, quantity FROM {{s}}.listings WHERE product_id = {product} AND marketplace = '{place}'"
    (row,) = bench.all(query)
    return row["external_id"], row["quantity"]


def test_what_is_sold_while_another_marketplace_is_about_to_show_it_is_told_there_afterwards(
    selling: "Bench", answering: Answering, bought: list[Order], coat: int
) -> None:
    publishing = ask(selling, "publish", MARKET, coat)
    answering.status = BUSY
    selling.run(publishing)
    answering.status = OK
    bought.append(sale("o1"))
    read_orders(selling)
    assert updates(selling) == []
    show(selling, coat, MARKET)
    while selling.run(publishing).move is not NextMove.NOTHING:
        selling.make_due()
    assert selling.row(publishing)["status"] == "completed"
    read_orders(selling)
    assert updates(selling) == [MARKET]
    read_orders(selling)
    assert updates(selling) == [MARKET]


def test_where_the_other_marketplace_does_not_come_to_show_it_nothing_is_told_later(
    selling: "Bench", bought: list[Order], coat: int
) -> None:
    publishing = ask(selling, "fail", MARKET, coat)
    bought.append(sale("o1"))
    read_orders(selling)
    while selling.run(publishing).move is not NextMove.NOTHING:
        pass
    read_orders(selling)
    show(selling, coat, MARKET)
    read_orders(selling)
    assert updates(selling) == []


def test_a_sale_that_becomes_known_while_another_one_is_told_of_is_told_of_too(
    selling: "Bench", bought: list[Order], coat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(selling, coat, MARKET)
    bought.append(sale("o1"))

    def meanwhile(name: str) -> None:
        if name == "propagate.before":
            monkeypatch.setattr(propagate, "failpoint", lambda _: None)
            selling.all("INSERT INTO {s}.orders (marketplace, external_id, state) VALUES ('market', 'o2', 'paid')")
            selling.all(
                "INSERT INTO {s}.order_lines (marketplace, order_id, line_id, listing_id, product_id, quantity) "
                f"VALUES ('market', 'o2', 'o2-1', 'c', {coat}, 1)"
            )

    monkeypatch.setattr(propagate, "failpoint", meanwhile)
    read_orders(selling)
    assert updates(selling) == [MARKET]
    bought.clear()
    read_orders(selling, MARKET)
    assert updates(selling) == [MARKET, SHOP]


@pytest.mark.parametrize(("showing_now", "left"), [(None, (None, None)), (1, (None, None)), (3, ("c", 2))])
def test_only_a_listing_that_shows_none_any_more_is_ended_by_the_sale_of_the_last(
    selling: "Bench", bought: list[Order], coat: int, showing_now: int | None, left: tuple[str | None, int | None]
) -> None:
    selling.all(f"UPDATE {{s}}.listings SET quantity = {showing_now or 'NULL'} WHERE product_id = {coat}")
    selling.all(f"UPDATE {{s}}.products SET stock_quantity = 1 WHERE id = {coat}")
    bought.append(sale("o1"))
    read_orders(selling)
    assert shown(selling, coat) == left
    assert removals(selling) == ([SHOP] if left[0] else [])


def test_a_marketplace_that_shows_more_than_are_left_after_its_own_sale_is_told(
    selling: "Bench", bought: list[Order], coat: int
) -> None:
    selling.all(f"UPDATE {{s}}.listings SET quantity = 5 WHERE product_id = {coat}")
    bought.append(sale("o1"))
    read_orders(selling)
    assert shown(selling, coat) == ("c", 4)
    assert updates(selling) == [SHOP]
    read_orders(selling)
    assert updates(selling) == [SHOP]


def test_one_that_shows_what_is_left_is_told_nothing(selling: "Bench", bought: list[Order], coat: int) -> None:
    selling.all(f"UPDATE {{s}}.listings SET quantity = 3 WHERE product_id = {coat}")
    bought.append(sale("o1", quantity=2))
    read_orders(selling)
    assert shown(selling, coat) == ("c", 1)
    assert updates(selling) == []


def test_what_was_sold_before_an_update_put_it_back_is_told_there(
    selling: "Bench", bought: list[Order], coat: int
) -> None:
    selling.all(f"UPDATE {{s}}.listings SET quantity = 3, updated_at = clock_timestamp() WHERE product_id = {coat}")
    bought.append(sale("o1", ordered_at=datetime.now(UTC) - timedelta(minutes=5)))
    read_orders(selling)
    assert shown(selling, coat) == ("c", 3)
    assert updates(selling) == [SHOP]


def test_what_is_sold_while_an_update_puts_it_back_is_told_there_afterwards(
    selling: "Bench", answering: Answering, bought: list[Order], coat: int
) -> None:
    selling.all(f"UPDATE {{s}}.listings SET quantity = 3 WHERE product_id = {coat}")
    updating = ask(selling, "update", SHOP, coat)
    answering.status = BUSY
    selling.run(updating)
    answering.status = OK
    bought.append(sale("o1"))
    read_orders(selling)
    assert updates(selling) == [SHOP]
    while selling.run(updating).move is not NextMove.NOTHING:
        selling.make_due()
    selling.all(f"UPDATE {{s}}.listings SET quantity = 3, updated_at = clock_timestamp() WHERE product_id = {coat}")
    read_orders(selling)
    assert updates(selling) == [SHOP, SHOP]

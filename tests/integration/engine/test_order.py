"""Jobs of one product on one marketplace take effect in the order in which they were accepted."""

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from stoflow.domain.errors import Conflict
from stoflow.domain.outcome import Done, Outcome, Refused
from stoflow.domain.run import NextMove
from stoflow.execution.run import run
from stoflow.marketplaces.contract import Step
from stoflow.storage.engine.change import retry

if TYPE_CHECKING:
    from conftest import Bench

SHOP = "shop"
BLOCKED = "SELECT count(*) AS waiting FROM pg_locks WHERE NOT granted"


def test_the_second_job_of_a_product_waits_for_the_first_and_says_so(bench: "Bench") -> None:
    product = bench.product()
    first, second = bench.submit(product), bench.submit(product)

    assert bench.run(second).move is NextMove.RELOAD

    assert bench.shop.calls == []
    assert bench.view(second).waiting == f"behind job {first}"
    assert bench.view(first).waiting == ""


@pytest.mark.parametrize("said", [Refused("It is not listed."), Done()], ids=["refused", "done"])
@pytest.mark.parametrize("steps_left", [0, 4], ids=["all-in-memory", "with-calls"])
def test_a_job_ends_by_nothing_that_a_worker_found_in_memory_while_another_of_its_product_is_before_it(
    bench: "Bench", said: Outcome, steps_left: int
) -> None:
    """What it finds may be otherwise once the first one is done: a product that is to be updated is not listed yet."""
    handler, product = cast("Any", bench.registry.handler(SHOP, "publish")), bench.product()
    first = bench.submit(product, not_before=datetime.now(UTC) + timedelta(days=1))
    handler.steps = (Step("validate", lambda _: said), *handler.steps[1 : 1 + steps_left])
    second = bench.submit(product)

    assert bench.run(second).move is NextMove.RELOAD
    assert bench.row(second)["status"] == "pending"

    bench.cancel(first)
    bench.run(second)
    assert bench.row(second)["status"] == ("failed" if isinstance(said, Refused) else "completed")


def test_jobs_of_two_products_do_not_wait_for_one_another(bench: "Bench") -> None:
    bench.submit(bench.product("A coat"))
    other = bench.submit(bench.product("A hat"))

    assert bench.run(other).move is NextMove.NOTHING


def test_the_second_job_goes_on_once_the_first_is_final(bench: "Bench") -> None:
    product = bench.product()
    first, second = bench.submit(product), bench.submit(product)
    bench.run(first)

    assert bench.run(second).move is NextMove.NOTHING

    assert bench.shop.calls.count("POST /offer") == 2
    assert len(bench.all("SELECT * FROM {s}.listings")) == 1


@pytest.mark.parametrize("became", ["lost", 429], ids=["verifying", "retry-wait"])
def test_a_job_that_is_not_final_holds_the_line_whatever_it_waits_for(bench: "Bench", became: str | int) -> None:
    product = bench.product()
    first, second = bench.submit(product), bench.submit(product)
    bench.shop.plan(None, became)
    bench.run(first)

    assert bench.run(second).move is NextMove.RELOAD

    assert bench.row(second)["status"] == "pending"
    assert bench.view(second).waiting == f"behind job {first}"


def test_those_ahead_inherit_the_priority_of_a_job_that_waits_for_them(bench: "Bench") -> None:
    product = bench.product()
    ahead, other = bench.submit(product, priority=4), bench.submit(bench.product("A hat"), priority=4)

    waiter = bench.submit(product, priority=1)

    assert [bench.row(job)["priority"] for job in (ahead, other, waiter)] == [1, 4, 1]


def test_a_retried_job_stands_before_the_later_one_again(bench: "Bench") -> None:
    product = bench.product()
    first = bench.submit(product)
    bench.shop.plan(None, 400)
    bench.run(first)
    second = bench.submit(product)

    bench.retry(first)

    assert bench.run(second).move is NextMove.RELOAD
    assert bench.view(second).waiting == f"behind job {first}"


def test_a_retry_and_the_start_of_a_later_job_at_the_same_moment_do_not_both_happen(bench: "Bench") -> None:
    """The later job's message is on its way while somebody retries the earlier one."""
    product = bench.product()
    first = bench.submit(product)
    bench.shop.plan(None, 400)
    bench.run(first)
    second = bench.submit(product)
    message = bench.message(second)
    calls = len(bench.shop.calls)

    with bench.engine.database.records() as connection:
        assert retry(connection, bench.tenant, first)
        starting = threading.Thread(target=run, args=(bench.engine, message))
        starting.start()
        while starting.is_alive() and not bench.one(BLOCKED)["waiting"]:
            starting.join(0.01)
    starting.join()

    assert len(bench.shop.calls) == calls
    assert bench.row(second)["status"] == "pending"


def test_a_later_job_that_has_started_forbids_the_retry_even_if_it_was_retried_itself(bench: "Bench") -> None:
    product = bench.product()
    first, second = bench.submit(product), bench.submit(product)
    for job in (first, second):
        bench.shop.plan(None, 400)
        bench.run(job)
    bench.retry(second)
    assert bench.row(second)["status"] == "pending"

    with pytest.raises(Conflict, match="a later job of its product has started"):
        bench.retry(first)

"""While a call whose answer was lost may still be carried out, nothing begins that it could undo, and jobs say so."""

import sys
from typing import TYPE_CHECKING

import pytest

from stoflow.admission.rules.late_copy import LATE
from stoflow.domain.run import NextMove

if TYPE_CHECKING:
    from conftest import Act, Bench

    from stoflow.domain.call import Reply

LOST = "lost"
QUIET_S = 30.0


@pytest.fixture
def worker(bench: "Bench") -> "Bench":
    return bench.worker(quiet_s=lambda _: QUIET_S)


def dies(_: "Act") -> "Reply":
    sys.exit()


def test_a_job_makes_nothing_visible_while_an_earlier_call_of_its_own_may_come(worker: "Bench") -> None:
    job = worker.submit(worker.product())
    worker.shop.plan(LOST)
    worker.run(job)
    worker.make_due()

    assert worker.run(job).move is NextMove.RELOAD
    assert worker.shop.calls == ["PUT /photo", "PUT /photo"]
    assert worker.view(job).waiting.startswith(LATE)

    worker.end_quiet_time()
    assert worker.run(job).move is NextMove.NOTHING


def test_the_next_job_waits_although_the_one_before_has_ended(worker: "Bench") -> None:
    product = worker.product()
    first, second = worker.submit(product), worker.submit(product)
    worker.shop.plan(LOST)
    worker.run(first)
    assert worker.cancel(first).status == "cancelled"

    assert worker.run(second).move is NextMove.RELOAD
    assert worker.view(second).waiting.startswith(LATE)
    worker.end_quiet_time()
    assert worker.run(second).move is NextMove.NOTHING


def test_a_death_in_the_call_means_the_same(worker: "Bench") -> None:
    product = worker.product()
    first, second = worker.submit(product), worker.submit(product)
    worker.shop.plan(dies)
    with pytest.raises(SystemExit):
        worker.run(first)
    worker.dies()
    worker.sweep()
    worker.cancel(first)

    other = worker.worker()
    assert other.row(first)["status"] == "cancelled"
    assert other.run(second).move is NextMove.RELOAD
    assert other.view(second).waiting.startswith(LATE)


def test_another_product_does_not_wait(worker: "Bench") -> None:
    worker.shop.plan(LOST)
    worker.run(worker.submit(worker.product("A coat")))
    assert worker.run(worker.submit(worker.product("A hat"))).move is NextMove.NOTHING

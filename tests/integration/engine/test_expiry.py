"""A job expires when its time is over and nothing of it is out, unknown or visible."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.call import Reply
from stoflow.domain.errors import InputError
from stoflow.domain.ids import JobId
from stoflow.domain.run import NextMove

if TYPE_CHECKING:
    from conftest import Act, Bench


def submit(bench: "Bench") -> JobId:
    return bench.submit(bench.product(), expires_at=datetime.now(UTC) + timedelta(hours=1))


def end_time(bench: "Bench") -> None:
    bench.all("UPDATE {s}.marketplace_jobs SET expires_at = clock_timestamp() - interval '1 s'")


def test_a_job_without_a_time_of_its_own_never_expires(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.all("UPDATE {s}.marketplace_jobs SET created_at = clock_timestamp() - interval '30 days'")

    bench.sweep()

    assert bench.row(job)["status"] == "pending"


def test_a_job_does_not_expire_before_its_time(bench: "Bench") -> None:
    job = submit(bench)
    bench.sweep()
    assert bench.row(job)["status"] == "pending"


def test_a_job_whose_time_is_over_expires_with_a_reason(bench: "Bench") -> None:
    job = submit(bench)
    end_time(bench)

    bench.sweep()

    view = bench.view(job)
    assert (view.status, view.error_kind) == ("expired", "expired")
    assert view.error == "It was not done before its time ran out."
    assert {str(task.status) for task in view.tasks} == {"skipped"}
    assert bench.run(job).move is NextMove.NOTHING
    assert bench.shop.calls == []


@pytest.mark.parametrize("in_rows", [False, True])
def test_a_job_whose_time_is_over_does_not_begin_though_nobody_has_swept_yet(bench: "Bench", in_rows: bool) -> None:
    """A sweep of thousands of tenants takes minutes."""
    job = submit(bench)
    if in_rows:
        bench.all(f"SELECT public.unfold('{{s}}', ARRAY[{job}])")
    end_time(bench)

    assert bench.run(job).move is NextMove.RELOAD

    assert bench.shop.calls == []
    bench.sweep()
    assert bench.row(job)["status"] == "expired"


def test_an_expired_job_lets_the_next_one_of_its_product_begin(bench: "Bench") -> None:
    product = bench.product()
    first = bench.submit(product, expires_at=datetime.now(UTC) + timedelta(hours=1))
    second = bench.submit(product)
    end_time(bench)
    bench.sweep()
    assert bench.row(first)["status"] == "expired"

    assert bench.run(second).move is NextMove.NOTHING


def test_a_job_does_not_expire_while_its_outcome_is_being_verified(bench: "Bench") -> None:
    job = submit(bench)
    bench.shop.plan(None, "lost")
    bench.run(job)
    end_time(bench)

    bench.sweep()

    assert bench.row(job)["status"] == "running"
    bench.look(job)
    bench.sweep()
    assert bench.row(job)["status"] == "expired", "the answer is known now"
    assert len(bench.all("SELECT * FROM {s}.strays")) == 1


def test_a_job_does_not_expire_while_a_call_is_out(bench: "Bench") -> None:
    job = submit(bench)
    seen = []

    def while_its_time_ends(act: "Act") -> Reply:
        end_time(bench)
        bench.sweep()
        seen.append(bench.row(job)["status"])
        return act()

    bench.shop.plan(while_its_time_ends)
    bench.run(job)

    assert seen == ["running"]


def test_a_job_of_which_buyers_see_something_goes_on_to_its_end(bench: "Bench") -> None:
    job = submit(bench)

    def while_its_time_ends(act: "Act") -> Reply:
        end_time(bench)
        return act()

    bench.shop.plan(None, None, while_its_time_ends)

    assert bench.run(job).move is NextMove.NOTHING

    bench.sweep()
    assert bench.row(job)["status"] == "completed"


def test_a_time_that_has_passed_already_is_refused(bench: "Bench") -> None:
    with pytest.raises(InputError):
        bench.submit(bench.product(), expires_at=datetime.now(UTC) - timedelta(seconds=1))

"""A run executes consecutive tasks under one message, and each outcome becomes the state it means."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pytest

from stoflow.domain.errors import APITimeoutError
from stoflow.domain.job import TaskKind
from stoflow.domain.run import NextMove
from stoflow.execution.look import look
from stoflow.execution.run import run
from stoflow.marketplaces.contract import Step
from stoflow.marketplaces.registry import build_registry

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler


def lost_after_the_work(act: Any) -> Any:
    act()
    raise APITimeoutError("The answer was lost.")


def test_a_job_runs_to_its_end_under_one_message(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    report = bench.run(job)

    assert report.move is NextMove.NOTHING
    assert bench.row(job)["status"] == "completed"
    assert bench.row(job)["result_data"] == {"listing": f"offer-{bench.tenant}p1"}
    assert bench.shop.calls == ["PUT /photo", "POST /offer", "POST /publish"]
    listing = bench.one("SELECT * FROM {s}.listings")
    assert listing["external_id"] == f"offer-{bench.tenant}p1"
    assert listing["visible"]


def test_every_change_is_in_the_timeline_along_the_arrows(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.run(job)
    steps = bench.all(f"SELECT task, from_status, to_status FROM {{s}}.job_timeline WHERE job_id = {job} ORDER BY id")
    by_task: dict[str | None, list[tuple[str | None, str]]] = {}
    for step in steps:
        by_task.setdefault(step["task"], []).append((step["from_status"], step["to_status"]))
    assert by_task[None] == [(None, "pending"), ("pending", "running"), ("running", "completed")]
    for name in ("validate", "upload", "create", "publish", "save"):
        assert by_task[name] == [("pending", "running"), ("running", "completed")], name


def told(bench: "Bench", job: int) -> list[tuple[str, str, int, int | None]]:
    with bench.engine.database.records() as connection:
        rows = connection.execute(
            "SELECT state, marketplace, action, product FROM public.events WHERE tenant = %s AND subject = %s ORDER BY id",
            [bench.tenant, job],
        ).fetchall()
    return [(row["state"], row["marketplace"], row["action"], row["product"]) for row in rows]


def test_each_status_is_told_once_whoever_wrote_it(bench: "Bench") -> None:
    product = bench.product()
    job = bench.submit(product)
    bench.run(job)
    row = bench.row(job)
    of_job = (row["marketplace"], row["action_type_id"], product)
    assert told(bench, job) == [("running", *of_job), ("completed", *of_job)]
    for status in ("pending", "running"):  # an older release or a legacy program, which knows nothing of events
        bench.all(f"UPDATE {{s}}.marketplace_jobs SET status = '{status}' WHERE id = {job} RETURNING id")
    assert [state for state, *_ in told(bench, job)] == ["running", "completed", "pending", "running"]


def test_what_waits_in_the_middle_is_told_as_running_once(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(lost_after_the_work)
    bench.run(job)
    bench.all(f"UPDATE {{s}}.marketplace_tasks SET not_before = NULL WHERE job_id = {job} RETURNING id")
    bench.run(job)
    assert [state for state, *_ in told(bench, job)].count("running") == 1


def test_a_message_that_is_repeated_does_nothing(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    message = bench.message(job)
    bench.run(job)
    run(bench.engine, message)
    assert bench.shop.calls == ["PUT /photo", "POST /offer", "POST /publish"]


def test_a_message_of_an_owner_that_was_replaced_does_nothing(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    report = bench.run(job, epoch=bench.epoch + 1)
    assert report.move is NextMove.RELOAD
    assert bench.shop.calls == []
    assert bench.row(job)["status"] == "pending"


@pytest.mark.parametrize(
    ("status", "move", "failures"), [(429, NextMove.RUN, 0), (503, NextMove.RUN, 1), (500, NextMove.LOOK, 0)]
)
def test_an_unhappy_reply_becomes_the_wait_it_means(bench: "Bench", status: int, move: NextMove, failures: int) -> None:
    job = bench.submit(bench.product())
    bench.shop.script = [lambda act: act(), lambda _: type(_())(status)]
    report = bench.run(job)
    assert report.move is move
    assert bench.task(job, "create")["failures"] == failures
    assert bench.row(job)["status"] == "running"


def test_an_attempt_that_is_resumed_names_the_same_inputs(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, 429)
    bench.run(job)
    first = bench.task(job, "create")["input_digest"]
    bench.make_due()
    bench.shop.plan(429)
    bench.run(job)
    assert bench.task(job, "create")["input_digest"] == first
    assert bench.task(job, "upload")["input_digest"] != first


def test_a_task_in_memory_names_the_inputs_that_it_has_when_claimed(bench: "Bench") -> None:
    in_memory, claimed = bench.submit(bench.product()), bench.submit(bench.product())
    bench.run(in_memory)
    bench.run(claimed, stepwise=True)
    assert bench.task(in_memory, "validate")["input_digest"] == bench.task(claimed, "validate")["input_digest"]


def test_a_lost_answer_is_looked_for_and_adopted(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.script = [lambda act: act(), lost_after_the_work]
    assert bench.run(job).move is NextMove.LOOK
    look(bench.engine, bench.message(job))
    assert bench.task(job, "create")["status"] == "completed"
    assert bench.run(job).move is NextMove.NOTHING
    assert bench.shop.calls.count("POST /offer") == 1


def test_a_create_is_repeated_only_after_two_absences(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    def never_arrived(_: Any) -> Any:
        raise APITimeoutError("The call was lost.")

    bench.shop.script = [lambda act: act(), never_arrived]
    bench.run(job)
    look(bench.engine, bench.message(job))
    assert bench.task(job, "create")["status"] == "running"
    look(bench.engine, bench.message(job))
    task = bench.task(job, "create")
    assert (task["status"], task["absences"], task["failures"]) == ("pending", 1, 1)
    bench.all("UPDATE {s}.marketplace_tasks SET not_before = NULL")
    assert bench.run(job).move is NextMove.NOTHING
    assert bench.shop.calls.count("POST /offer") == 2


def test_a_refused_listing_fails_the_job_with_its_reason(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.script = [lambda act: act(), lambda act: type(act())(400)]
    assert bench.run(job).move is NextMove.NOTHING
    row = bench.row(job)
    assert (row["status"], row["error_kind"], row["error_message"]) == ("failed", "refused", "bad listing")


def _breaks_before_its_call(_attempt: Any) -> Any:
    raise LookupError("an output that is not there")


@pytest.mark.parametrize("transport", ["direct", "plugin"])
def test_a_step_that_breaks_before_its_first_call_is_tried_as_often_as_allowed_and_then_fails(
    bench: "Bench", transport: Literal["direct", "plugin"], shop_handler: "type[ShopHandler]"
) -> None:
    shop = bench.engine.registry.marketplaces["shop"]
    broken = shop_handler((Step("upload", _breaks_before_its_call, TaskKind.REPEATABLE),))
    place = replace(shop, transport=transport, handlers={"publish": broken})
    bench = replace(bench, engine=replace(bench.engine, registry=build_registry((place,), entry_points=False)))
    job = bench.submit(bench.product())

    for _ in range(4):
        bench.run(job)
        bench.make_due()

    row = bench.row(job)
    assert (row["status"], row["error_kind"]) == ("failed", "broken")
    assert "an output that is not there" in row["error_message"]


def test_a_deleted_job_takes_its_timeline_along_and_no_others(bench: "Bench") -> None:
    gone, kept = bench.submit(bench.product()), bench.submit(bench.product())

    bench.all(f"DELETE FROM {{s}}.marketplace_jobs WHERE id = {gone}")

    assert bench.causes(gone) == []
    assert bench.causes(kept) == ["submitted"]

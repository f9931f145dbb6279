"""A job that buyers have seen and that cannot go on: whoever cancels it gets an end that says what was done."""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.ids import JobId
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import CannotTell, Done, LookResult, Outcome, TryAgain, Unknown
from stoflow.domain.run import NextMove
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.storage.database.tenants import suspend_tenant
from stoflow.storage.engine.connection_state import connected_again, needs_seller
from stoflow.storage.engine.reads.queue import begin_queued

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

A_MINUTE_AGO = "UPDATE {s}.job_timeline SET at = at - interval '61 s'"
TRIES_AFTER_CANCEL = 3


def _activate(_: Attempt) -> Generator[Call, Response, Outcome]:
    reply = yield Request("POST", "/activate")
    assert isinstance(reply, Reply)
    return Done({"id": "7"}, acted=True) if reply.status == 200 else Unknown("Nobody answered.")


def _look(_: Attempt) -> Generator[Call, Response, LookResult]:
    yield Request("GET", "/offer")
    return CannotTell("It is hidden.")


def _photo(_: Attempt) -> Generator[Call, Response, Outcome]:
    reply = yield Request("PUT", "/photo")
    assert isinstance(reply, Reply)
    return Done() if reply.status == 200 else TryAgain("Come back later.", after_s=0.0, charged=False)


STEPS = (
    Step("activate", _activate, TaskKind.UNSAFE, look=_look),
    Step("photo", _photo, TaskKind.REPEATABLE),
    Step("publish", _activate, TaskKind.UNSAFE, look=_look),
    Step("save", lambda _: Done()),
)


@pytest.fixture
def marketplace(shop_handler: "type[ShopHandler]") -> Marketplace:
    return Marketplace(
        name="shop",
        transport="direct",
        actions=(ActionSpec("publish", "Publish", rate_limit_ms=0),),
        handlers={"publish": shop_handler(STEPS)},
        products=frozenset({"publish"}),
    )


@pytest.fixture
def acted(bench: "Bench") -> JobId:
    """A job that buyers have seen, whose next call was put off."""
    job = bench.submit(bench.product())
    bench.shop.plan(None, 429)
    assert bench.run(job).move is NextMove.RUN
    return job


def ask_the_seller(bench: "Bench") -> None:
    bench.engine.recorder.write(bench.tenant, 0, needs_seller(bench.tenant, "shop", "Log in again."))


def suspend(bench: "Bench") -> None:
    suspend_tenant(bench.engine.database, bench.tenant)


def refuse_stoflow(bench: "Bench") -> None:
    bench.all(
        "INSERT INTO public.application_refusals (marketplace, channel, detail, next_try) "
        "VALUES ('shop', 'calls', 'This key is not known.', clock_timestamp() + interval '1 hour')"
    )


def let_no_worker_live(bench: "Bench") -> None:
    bench.dies()


def let_all_workers_be_older(bench: "Bench") -> None:
    bench.all(
        "INSERT INTO public.unknown_tasks (process, marketplace, action, task) "
        f"VALUES ({bench.process}, 'shop', 'publish', 'photo')"
    )


def put_off_for_a_day(bench: "Bench") -> None:
    bench.all("UPDATE {s}.marketplace_tasks SET not_before = clock_timestamp() + interval '1 day' WHERE name = 'photo'")


def let_nobody_go_on(bench: "Bench") -> None:
    bench.all("UPDATE {s}.job_timeline SET at = at - interval '1 day'")
    bench.make_due()


AT_ONCE = {
    "the seller must act": (ask_the_seller, "Log in again."),
    "the tenant is suspended": (suspend, "The account is suspended."),
    "put off for a day": (put_off_for_a_day, "Come back later."),
    "nobody goes on with it": (let_nobody_go_on, "Come back later."),
}
AFTER_A_MINUTE = {
    "StoFlow is refused": (refuse_stoflow, "This key is not known."),
    "no worker lives": (let_no_worker_live, "No worker that is running works for shop."),
    "all workers are older": (let_all_workers_be_older, "Only older workers are running"),
}
Hold = tuple[Callable[["Bench"], None], str]


def assert_unfinished(bench: "Bench", job: JobId, reason: str) -> None:
    row = bench.row(job)
    assert (row["status"], row["error_kind"]) == ("failed", "unfinished")
    assert "Done: activate. Not done: photo, publish, save." in row["error_message"]
    assert reason in row["error_message"]
    assert bench.causes(job)[-1] == "cancelled before it was finished"
    assert bench.task(job, "photo")["status"] == "failed"
    assert bench.task(job, "activate")["status"] == "completed"


@pytest.mark.parametrize("hold", AT_ONCE.values(), ids=list(AT_ONCE))
def test_a_cancel_ends_at_once_what_somebody_must_act_for(bench: "Bench", acted: JobId, hold: Hold) -> None:
    held_by, reason = hold
    held_by(bench)
    assert bench.cancel(acted).status == "failed"
    assert_unfinished(bench, acted, reason)


@pytest.mark.parametrize("hold", AT_ONCE.values(), ids=list(AT_ONCE))
def test_a_cancel_before_that_ends_it_with_the_next_sweep(bench: "Bench", acted: JobId, hold: Hold) -> None:
    held_by, reason = hold
    bench.cancel(acted)
    held_by(bench)
    bench.sweep()
    assert_unfinished(bench, acted, reason)


@pytest.mark.parametrize("hold", AFTER_A_MINUTE.values(), ids=list(AFTER_A_MINUTE))
def test_a_cancel_waits_a_minute_for_what_may_pass_by_itself(bench: "Bench", acted: JobId, hold: Hold) -> None:
    held_by, reason = hold
    held_by(bench)
    assert bench.cancel(acted).status == "running"
    bench.sweep()
    assert bench.row(acted)["status"] == "running"
    bench.all(A_MINUTE_AGO)
    bench.sweep()
    assert_unfinished(bench, acted, reason)


@pytest.mark.parametrize("hold", AFTER_A_MINUTE.values(), ids=list(AFTER_A_MINUTE))
def test_nobody_ends_what_nobody_cancelled(bench: "Bench", acted: JobId, hold: Hold) -> None:
    hold[0](bench)
    bench.all(A_MINUTE_AGO)
    bench.sweep()
    assert bench.row(acted)["status"] == "running"


def test_a_cancel_of_what_can_go_on_comes_too_late_as_before(bench: "Bench", acted: JobId) -> None:
    bench.cancel(acted)
    bench.all(A_MINUTE_AGO)
    bench.sweep()
    bench.make_due()
    bench.run(acted)
    assert bench.row(acted)["status"] == "completed"
    assert bench.causes(acted)[-1] == "cancel came too late"


def test_tries_that_lead_nowhere_end_it(bench: "Bench", acted: JobId) -> None:
    bench.cancel(acted)
    for _ in range(TRIES_AFTER_CANCEL):
        bench.sweep()
        assert bench.row(acted)["status"] == "running"
        bench.make_due()
        bench.shop.plan(429)
        bench.run(acted)
    bench.sweep()
    assert_unfinished(bench, acted, "Come back later.")


def test_a_retry_goes_on_where_it_ended(bench: "Bench", acted: JobId) -> None:
    ask_the_seller(bench)
    bench.cancel(acted)
    bench.engine.recorder.write(bench.tenant, 0, connected_again(bench.tenant, "shop"))
    bench.retry(acted)
    bench.run(acted)
    assert bench.row(acted)["status"] == "completed"
    assert bench.shop.calls.count("POST /activate") == len(["activate", "publish"])


def test_a_retry_that_has_not_begun_is_taken_back_at_once(bench: "Bench", acted: JobId) -> None:
    ask_the_seller(bench)
    bench.cancel(acted)
    bench.retry(acted)
    assert bench.cancel(acted).status == "failed"
    assert bench.row(acted)["error_kind"] == "unfinished"
    steps = [step for step in bench.steps(acted) if step[0] is None]
    assert steps[-2:] == [(None, "pending", "running"), (None, "running", "failed")]


def test_the_products_next_job_may_begin_then(bench: "Bench") -> None:
    product = bench.product()
    first = bench.submit(product)
    bench.shop.plan(None, 429)
    bench.run(first)
    second = bench.submit(product)
    suspend(bench)
    bench.cancel(first)
    bench.all("UPDATE public.users SET is_active = true")
    bench.run(second)
    assert bench.row(second)["status"] == "completed"


def test_what_a_lost_call_may_have_done_is_said(bench: "Bench", acted: JobId) -> None:
    bench.all(f"UPDATE {{s}}.marketplace_jobs SET late_until = clock_timestamp() + interval '30 s' WHERE id = {acted}")
    ask_the_seller(bench)
    bench.cancel(acted)
    assert "may still be carried out" in bench.row(acted)["error_message"]


# The same waits before a look.


@pytest.fixture
def looked_for(bench: "Bench") -> JobId:
    """A job that buyers have seen, of whose last call nobody knows what became of it."""
    job = bench.submit(bench.product())
    bench.shop.plan(None, None, 503)
    assert bench.run(job).move is NextMove.LOOK
    return job


@pytest.mark.parametrize("hold", [let_no_worker_live, let_all_workers_be_older])
def test_a_look_that_nobody_can_make_ends_a_minute_after_the_cancel(
    bench: "Bench", looked_for: JobId, hold: Callable[["Bench"], None]
) -> None:
    bench.make_due()
    hold(bench)
    bench.all("UPDATE public.unknown_tasks SET task = 'publish'")
    bench.cancel(looked_for)
    bench.sweep()
    assert bench.row(looked_for)["status"] == "running"
    bench.all(A_MINUTE_AGO)
    bench.sweep()
    assert bench.row(looked_for)["error_kind"] == "unverified"


def test_a_look_goes_though_stoflow_is_refused_also_of_what_was_seen_already(bench: "Bench", looked_for: JobId) -> None:
    bench.cancel(looked_for)
    with bench.engine.database.records() as connection:
        (queued,) = begin_queued(connection, bench.tenant, [looked_for])()
    assert queued.ends_by_look

"""Looks that cannot tell: they go on, ever more rarely, and whoever cancels is told in the end that nobody knows."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Request, Response
from stoflow.domain.ids import JobId
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, CannotTell, Done, Listed, LookResult, Outcome, Refused, Unknown
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.storage.engine.connection_state import needs_seller

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

LOOKS_AFTER_CANCEL = 3
FOUND: list[LookResult] = []


def _do(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    yield Request("POST", "/offer", query={"sku": attempt.marker})
    return Unknown("Nobody answered.")


def _look(attempt: Attempt) -> Generator[Call, Response, LookResult]:
    yield Request("GET", "/offer", query={"sku": attempt.marker})
    return FOUND[-1]


@pytest.fixture
def marketplace(shop_handler: "type[ShopHandler]") -> Marketplace:
    steps = (
        Step("create", _do, TaskKind.UNSAFE, paced=True, look=_look, marked=True),
        Step("save", lambda _: Done()),
    )
    return Marketplace(
        name="shop",
        transport="direct",
        actions=(ActionSpec("publish", "Publish", rate_limit_ms=0),),
        handlers={"publish": shop_handler(steps)},
        products=frozenset({"publish"}),
    )


def looked_for(bench: "Bench", found: LookResult, *, cancelled: bool) -> JobId:
    job = bench.submit(bench.product())
    bench.run(job)
    FOUND[:] = [found]
    if cancelled:
        bench.cancel(job)
    return job


def look(bench: "Bench", job: JobId) -> str:
    bench.make_due()
    bench.look(job)
    return bench.row(job)["status"]


def test_a_look_that_cannot_tell_is_made_again_without_end_while_nobody_cancels(bench: "Bench") -> None:
    job = looked_for(bench, CannotTell("It is hidden."), cancelled=False)
    assert {look(bench, job) for _ in range(4 * LOOKS_AFTER_CANCEL)} == {"running"}


def test_a_cancel_ends_a_job_of_which_looks_cannot_tell_and_a_retry_begins_with_the_look(bench: "Bench") -> None:
    job = looked_for(bench, CannotTell("It is hidden."), cancelled=True)
    assert [look(bench, job) for _ in range(LOOKS_AFTER_CANCEL)] == ["running"] * (LOOKS_AFTER_CANCEL - 1) + ["failed"]

    row = bench.row(job)
    assert row["error_kind"] == "unverified"
    assert "not known" in row["error_message"]
    assert "It is hidden." in row["error_message"]
    assert bench.causes(job)[-1] == "cancelled before it was known"

    bench.retry(job)
    FOUND[:] = [Done({}, listed=Listed("7"))]
    look(bench, job)
    assert bench.shop.calls.count("POST /offer") == 1


def test_looks_before_the_cancel_do_not_count(bench: "Bench") -> None:
    job = looked_for(bench, CannotTell("It is hidden."), cancelled=False)
    for _ in range(LOOKS_AFTER_CANCEL):
        look(bench, job)
    bench.cancel(job)
    assert look(bench, job) == "running"


def test_a_draft_that_may_be_there_is_collected_when_a_job_ends_without_an_answer(bench: "Bench") -> None:
    job = looked_for(bench, CannotTell("It is hidden."), cancelled=True)
    while look(bench, job) == "running":
        pass
    (orphan,) = bench.all("SELECT marker FROM {s}.strays")
    assert orphan["marker"] == bench.task(job, "create")["marker"]


def test_where_only_the_seller_can_get_an_answer_a_cancel_ends_the_job_at_once(bench: "Bench") -> None:
    job = looked_for(bench, CannotTell("Log in again.", seller=True), cancelled=True)
    assert look(bench, job) == "failed"


def test_a_look_that_says_never_ends_the_job_with_the_reason(bench: "Bench") -> None:
    job = looked_for(bench, Refused("The listing is gone."), cancelled=False)
    assert look(bench, job) == "failed"
    assert (bench.row(job)["error_kind"], bench.row(job)["error_message"]) == ("refused", "The listing is gone.")


def test_a_look_that_says_never_lets_a_cancel_have_its_way(bench: "Bench") -> None:
    job = looked_for(bench, Refused("The listing is gone."), cancelled=True)
    look(bench, job)
    bench.cancel(job)
    assert bench.row(job)["status"] == "cancelled"


@pytest.mark.parametrize("found", [Absent(), Done({}, listed=Listed("7"))])
def test_an_answer_after_the_cancel_lets_the_job_be_cancelled(bench: "Bench", found: LookResult) -> None:
    job = looked_for(bench, found, cancelled=True)
    for _ in range(2):
        if bench.row(job)["status"] == "running" and bench.task(job, "create")["look_at"]:
            look(bench, job)
    bench.cancel(job)
    assert bench.row(job)["status"] == "cancelled"


def ask_the_seller(bench: "Bench") -> None:
    bench.engine.recorder.write(bench.tenant, 0, needs_seller(bench.tenant, "shop", "Log in again."))


def assert_given_up(bench: "Bench", job: JobId, reason: str) -> None:
    row = bench.row(job)
    assert (row["status"], row["error_kind"]) == ("failed", "unverified")
    assert row["error_message"].endswith(
        f"before anybody could tell: {reason} Check on shop whether it was done: a retry looks first, and a sync links "
        "what it finds."
    )
    assert bench.causes(job)[-1] == "cancelled before it was known"
    assert [row["marker"] for row in bench.all("SELECT marker FROM {s}.strays")] == [
        bench.task(job, "create")["marker"]
    ]


def test_a_cancel_ends_a_job_of_which_nobody_can_be_asked_until_the_seller_acts(bench: "Bench") -> None:
    job = looked_for(bench, Absent(), cancelled=False)
    ask_the_seller(bench)
    bench.make_due()
    assert bench.cancel(job).status == "failed"
    assert_given_up(bench, job, "Log in again.")


def test_a_cancel_before_the_seller_must_act_ends_it_as_well(bench: "Bench") -> None:
    job = looked_for(bench, Absent(), cancelled=True)
    ask_the_seller(bench)
    bench.make_due()
    bench.sweep()
    assert_given_up(bench, job, "Log in again.")


def test_a_cancel_waits_for_the_quiet_time_in_which_the_seller_may_come_back(bench: "Bench") -> None:
    job = looked_for(bench, Absent(), cancelled=True)
    bench.all(
        "UPDATE {s}.marketplace_tasks SET look_at = clock_timestamp() + interval '30 s' WHERE look_at IS NOT NULL"
    )
    ask_the_seller(bench)
    bench.cancel(job)
    bench.sweep()
    assert bench.row(job)["status"] == "running"


@pytest.mark.parametrize("far", ["1 day", "-1 day"], ids=["far off", "made by nobody"])
def test_a_cancel_ends_a_job_whose_look_is_not_to_be_had(bench: "Bench", far: str) -> None:
    job = looked_for(bench, Absent(), cancelled=False)
    bench.all(f"UPDATE {{s}}.marketplace_tasks SET look_at = look_at + interval '{far}' WHERE look_at IS NOT NULL")
    bench.cancel(job)
    assert_given_up(bench, job, "Nobody answered.")


def test_a_look_that_the_marketplace_puts_off_for_a_day_ends_a_cancelled_job(bench: "Bench") -> None:
    job = looked_for(bench, CannotTell("Ask again tomorrow.", after_s=86_400.0), cancelled=True)
    assert look(bench, job) == "failed"
    assert_given_up(bench, job, "Ask again tomorrow.")


@pytest.mark.parametrize("holder", ["a worker that dies", "a plugin that is silent"])
def test_looks_that_nobody_answers_for_end_a_cancelled_job(bench: "Bench", holder: str) -> None:
    job = looked_for(bench, Absent(), cancelled=True)
    for _ in range(LOOKS_AFTER_CANCEL):
        assert bench.row(job)["status"] == "running"
        victim = bench.worker()
        held = f"{victim.process}" if holder.startswith("a worker") else "NULL"
        bench.all(
            f"UPDATE {{s}}.marketplace_tasks SET claims = claims + 1, claimed_by = {held}, deadline = clock_timestamp() "
            f"WHERE job_id = {job} AND name = 'create'"
        )
        victim.dies()
        bench.sweep()
    bench.sweep()
    assert bench.row(job)["error_kind"] == "unverified"


def test_what_is_running_for_somebody_who_did_not_cancel_goes_on_being_looked_for(bench: "Bench") -> None:
    job = looked_for(bench, Absent(), cancelled=False)
    ask_the_seller(bench)
    bench.make_due()
    bench.sweep()
    assert bench.row(job)["status"] == "running"

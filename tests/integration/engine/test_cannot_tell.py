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
    (stray,) = bench.all("SELECT marker FROM {s}.strays")
    assert stray["marker"] == bench.task(job, "create")["marker"]


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

"""What others have seen is done: neither a cancel nor the end of its time takes it back."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, Done, LookResult, Outcome, TryAgain
from stoflow.domain.run import NextMove
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step

if TYPE_CHECKING:
    from conftest import Act, Bench, ShopHandler

    from stoflow.domain.ids import JobId

SENT: list[str] = []


def _send(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    yield Request("POST", "/message")
    SENT.append(attempt.payload["text"])
    return Done({"sent": 1}, acted=True)


def _look(attempt: Attempt) -> Generator[Call, Response, LookResult]:
    yield Request("GET", "/messages")
    return Done({"sent": 1}, acted=True) if attempt.payload["text"] in SENT else Absent()


def _tell(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    reply = yield Request("GET", "/counter")
    assert isinstance(reply, Reply)
    return Done() if reply.status == 200 else TryAgain("unavailable")


STEPS = (
    Step("send", _send, TaskKind.UNSAFE, look=_look),
    Step("tell", _tell, TaskKind.REPEATABLE),
    Step("save", lambda _: Done()),
)


@pytest.fixture
def marketplace(shop_handler: "type[ShopHandler]") -> Marketplace:
    SENT.clear()
    return Marketplace(
        name="shop",
        transport="direct",
        actions=(ActionSpec("message", "Message", rate_limit_ms=0),),
        handlers={"message": shop_handler(STEPS, "message")},
    )


def finished(bench: "Bench", job: "JobId") -> tuple[str, bool]:
    """Run the job as far as it goes; return its status, and whether it acted."""
    for _ in STEPS:
        bench.make_due()
        bench.run(job)
    row = bench.row(job)
    return row["status"], row["acted"]


def test_a_cancel_while_the_call_is_out_comes_too_late(bench: "Bench") -> None:
    job = bench.submit(None, "message", payload={"text": "Bonjour"})

    def while_somebody_cancels(act: "Act") -> Reply:
        bench.cancel(job)
        return act()

    bench.shop.plan(while_somebody_cancels)
    assert finished(bench, job) == ("completed", True)
    assert "cancel came too late" in bench.causes(job)


def test_what_a_look_finds_done_is_no_longer_cancelled(bench: "Bench") -> None:
    job = bench.submit(None, "message", payload={"text": "Bonjour"})
    SENT.append("Bonjour")
    bench.shop.plan("lost")
    assert bench.run(job).move is NextMove.LOOK
    bench.cancel(job)
    bench.make_due()
    bench.look(job)
    assert finished(bench, job) == ("completed", True)


def test_a_job_that_acted_does_not_expire(bench: "Bench") -> None:
    job = bench.submit(None, "message", payload={"text": "Bonjour"})
    bench.shop.plan(None, 503)
    assert bench.run(job).move is NextMove.RUN
    bench.all(f"UPDATE {{s}}.marketplace_jobs SET expires_at = clock_timestamp() WHERE id = {job}")
    bench.sweep()
    assert finished(bench, job) == ("completed", True)

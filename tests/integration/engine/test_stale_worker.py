"""A worker that was paused past its lease changes nothing, and nothing stands on what it did."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest

from stoflow.domain.errors import APITimeoutError, DatabaseUnavailable
from stoflow.execution.look import look
from stoflow.execution.run import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Bench

    from stoflow.domain.call import Reply
    from stoflow.domain.ids import TenantId
    from stoflow.storage.database.recorder import Recorder
    from stoflow.storage.engine.statement import Statement

Answer = TypeVar("Answer")


def test_a_claim_never_stands_on_an_output_that_was_not_recorded(bench: "Bench") -> None:
    """While the first worker uploads, the sweep frees its task and another worker's upload is recorded."""
    job = bench.submit(bench.product())

    def while_another_uploads(act: "Callable[[], Reply]") -> "Reply":
        reply = act()
        bench.all(
            "UPDATE {s}.marketplace_tasks SET status = 'completed', claims = claims + 1, output = '{}' "
            "WHERE name = 'upload'"
        )
        return reply

    bench.shop.script = [while_another_uploads]

    report = bench.run(job)

    assert bench.shop.calls == ["PUT /photo"]
    assert bench.task(job, "create")["status"] == "pending"
    assert report.move == "reload"


def test_a_worker_whose_task_was_freed_does_not_settle_it(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    message = bench.message(job)

    def while_the_sweep_frees_it(act: "Callable[[], Reply]") -> "Reply":
        reply = act()
        bench.all("UPDATE {s}.marketplace_tasks SET status = 'pending', claimed_by = NULL WHERE name = 'upload'")
        return reply

    bench.shop.script = [while_the_sweep_frees_it]

    run(bench.engine, message)

    assert bench.task(job, "upload")["status"] == "pending"
    assert bench.shop.calls == ["PUT /photo"]


class CommitsUnheard:
    """A recorder whose PostgreSQL commits the first claim and is gone before it says so."""

    def __init__(self, recorder: "Recorder") -> None:
        self.recorder = recorder
        self.lost = 0

    def write(self, tenant: "TenantId", job: int, first: "Statement[Answer]", *more: "Statement[Any]") -> "Answer":
        answer = self.recorder.write(tenant, job, first, *more)
        if self.lost or "%(deadline_s)s" not in (first, *more)[-1].text:
            return answer
        self.lost += 1
        raise DatabaseUnavailable("The connection was lost.")

    def read(self, tenant: "TenantId", job: int, statement: "Statement[Answer]") -> "Answer":
        return self.recorder.read(tenant, job, statement)


def test_a_claim_nobody_heard_of_is_let_go_at_once(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    unheard = CommitsUnheard(bench.engine.recorder)

    with pytest.raises(DatabaseUnavailable):
        run(replace(bench.engine, recorder=cast("Recorder", unheard)), bench.message(job))

    task = bench.one(
        "SELECT *, deadline <= clock_timestamp() AS is_over FROM {s}.marketplace_tasks WHERE name = 'upload'"
    )
    assert (task["status"], task["is_over"]) == ("running", True)
    assert bench.shop.calls == []


def test_a_settle_and_claim_nobody_heard_of_are_let_go_at_once(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    unheard = CommitsUnheard(bench.engine.recorder)

    def from_now_on(act: "Callable[[], Reply]") -> "Reply":
        unheard.lost = 0
        return act()

    unheard.lost = 1
    bench.shop.script = [from_now_on]

    run(replace(bench.engine, recorder=cast("Recorder", unheard)), bench.message(job))

    task = bench.one(
        "SELECT *, deadline <= clock_timestamp() AS is_over FROM {s}.marketplace_tasks WHERE name = 'create'"
    )
    assert (bench.task(job, "upload")["status"], task["status"], task["is_over"]) == ("completed", "running", True)
    assert bench.shop.calls == ["PUT /photo"]


def test_a_look_nobody_heard_of_is_let_go_at_once(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    def never_answered(act: "Callable[[], Reply]") -> "Reply":
        act()
        raise APITimeoutError("The answer was lost.")

    bench.shop.script = [lambda act: act(), never_answered]
    bench.run(job)

    with pytest.raises(DatabaseUnavailable):
        look(replace(bench.engine, recorder=CommitsUnheard(bench.engine.recorder)), bench.message(job))

    task = bench.one(
        "SELECT *, deadline <= clock_timestamp() AS is_over FROM {s}.marketplace_tasks WHERE name = 'create'"
    )
    assert (task["status"], task["looks"], task["is_over"]) == ("running", 0, True)
    assert "GET /offer" not in bench.shop.calls

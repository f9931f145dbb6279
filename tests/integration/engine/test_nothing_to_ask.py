"""A plugin's task that has nothing to ask is done by the worker itself, which then answers for it."""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Command, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, Done, LookResult, Outcome
from stoflow.domain.run import NextMove
from stoflow.execution.look import look
from stoflow.execution.run import run
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.monitoring.failpoints import arm, disarm

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler


def _upload(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    if attempt.payload.get("is_new"):
        yield Command("shop.upload", {})
    return Done({"photo": 5})


def _look(attempt: Attempt) -> Generator[Call, Response, LookResult]:
    if attempt.payload.get("is_new"):
        yield Command("shop.photos", {})
    return Absent()


STEPS = (
    Step("upload", _upload, TaskKind.REPEATABLE),
    Step("create", _upload, TaskKind.UNSAFE, look=_look),
    Step("save", lambda _: Done()),
)


@pytest.fixture
def marketplace(shop_handler: "type[ShopHandler]") -> Marketplace:
    return Marketplace(
        name="shop",
        transport="plugin",
        actions=(ActionSpec("publish", "Publish", rate_limit_ms=0),),
        handlers={"publish": shop_handler(STEPS)},
    )


def and_dies() -> None:
    raise SystemExit


@pytest.fixture
def dying(bench: "Bench") -> Iterator["Bench"]:
    """A worker that is about to die."""
    yield bench.worker()
    disarm()


def test_what_a_worker_did_by_itself_is_freed_when_it_dies(bench: "Bench", dying: "Bench") -> None:
    job = bench.submit(bench.product())
    arm("claim.before", and_dies, only_passing=2)
    with pytest.raises(SystemExit):
        run(dying.engine, bench.message(job))
    assert bench.task(job, "upload")["claimed_by"] == dying.process

    dying.dies()
    bench.sweep()

    assert bench.task(job, "upload")["status"] == "pending"
    assert bench.run(job).move is NextMove.NOTHING


def test_a_look_that_a_worker_made_by_itself_is_looked_again_when_it_dies(bench: "Bench", dying: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.hold(job, "upload", by=None)
    bench.all("UPDATE {s}.marketplace_tasks SET status = 'completed', output = '{}' WHERE name = 'upload'")
    bench.hold(job, "create", by=None, deadline_s=-1.0)
    bench.sweep()
    bench.make_due()
    arm("look.settle.before", and_dies)
    with pytest.raises(SystemExit):
        look(dying.engine, bench.message(job))

    dying.dies()
    bench.sweep()

    assert bench.causes(job)[-1] == "swept: look died"
    disarm()
    bench.look(job)
    assert bench.task(job, "create")["looks"] == 1

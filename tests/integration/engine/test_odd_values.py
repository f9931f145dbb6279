"""What PostgreSQL refuses to keep leaves no job running."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Request, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Done, Listed, LookResult, Outcome
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler


def _unkeepable(_: Attempt) -> Generator[Call, Response, Outcome]:
    yield Request("GET", "/offer")
    return Done({"price": float("nan")}, Listed("77"))


def _look(attempt: Attempt) -> Generator[Call, Response, LookResult]:
    yield Request("GET", "/offer")
    return Done({"price": float("nan")}, Listed(f"7{attempt.index}"))


@pytest.fixture(params=[TaskKind.REPEATABLE, TaskKind.UNSAFE])
def marketplace(request: pytest.FixtureRequest, shop_handler: "type[ShopHandler]") -> Marketplace:
    look = _look if request.param is TaskKind.UNSAFE else None
    handler = shop_handler((Step("read", _unkeepable, request.param, look=look),))
    return Marketplace(
        name="shop",
        transport="direct",
        actions=(ActionSpec("publish", "Publish"),),
        handlers={"publish": handler},
        products=frozenset({"publish"}),
    )


def test_an_outcome_that_cannot_be_recorded_breaks_its_task_or_is_looked_for(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.run(job)
    task = bench.task(job, "read")
    if task["kind"] == TaskKind.UNSAFE:
        assert (task["status"], task["look_at"] is not None) == ("running", True)
        bench.look(job)
        assert bench.causes(job)[-1] == "could not look"
    else:
        assert (task["status"], task["failures"], task["error_kind"]) == ("pending", 1, "broken")

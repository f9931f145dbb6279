"""Of several drafts of one product exactly one is chosen; every other one is collected by its marker."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, Done, Listed, LookResult, Outcome, TryAgain
from stoflow.domain.run import NextMove
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step

if TYPE_CHECKING:
    from conftest import Act, Bench, ShopHandler

DRAFTS: dict[str, str] = {}  # what the marketplace has, by marker
COLLECTED: list[str] = []
UNREACHABLE = 503


def _create(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    reply = yield Request("POST", "/draft", query={"marker": attempt.marker})
    assert isinstance(reply, Reply)
    DRAFTS[attempt.marker] = f"draft-{len(DRAFTS) + 1}"
    return Done({}, Listed(DRAFTS[attempt.marker]))


def _look(attempt: Attempt) -> Generator[Call, Response, LookResult]:
    yield Request("GET", "/draft", query={"marker": attempt.marker})
    found = DRAFTS.get(attempt.marker)
    return Done({}, Listed(found)) if found else Absent()


def _choose(attempt: Attempt) -> Outcome:
    return Done({"chosen": attempt.listing_id})


def _collect(attempt: Attempt) -> Generator[Call, Response, Outcome | Absent]:
    reply = yield Request("DELETE", "/draft", query={"marker": attempt.marker})
    assert isinstance(reply, Reply)
    if reply.status == UNREACHABLE:
        return TryAgain("unavailable")
    found = DRAFTS.get(attempt.marker)
    if found is None:
        return Absent()
    if found != attempt.listing_id:
        COLLECTED.append(DRAFTS.pop(attempt.marker))
    return Done()


STEPS = (
    Step("create", _create, TaskKind.UNSAFE, look=_look, marked=True),
    Step("choose", _choose),
)


@pytest.fixture
def marketplace(shop_handler: "type[ShopHandler]") -> Marketplace:
    DRAFTS.clear()
    COLLECTED.clear()
    return Marketplace(
        name="shop",
        transport="direct",
        actions=(ActionSpec("publish", "Publish", rate_limit_ms=0),),
        handlers={"publish": shop_handler(STEPS)},
        collect=_collect,
    )


def test_the_claim_commits_a_marker_before_the_call_carries_it(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    markers = []

    def keep_the_marker(act: "Act") -> Reply:
        markers.append(bench.task(job, "create")["marker"])
        return act()

    bench.shop.plan(keep_the_marker)
    bench.run(job)

    assert markers == list(DRAFTS)
    assert markers[0].startswith("stoflow-draft-")


def test_each_attempt_has_a_marker_of_its_own(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan("never")
    bench.run(job)
    first = bench.task(job, "create")["marker"]
    bench.look(job)
    bench.look(job)
    bench.make_due()

    bench.run(job)

    assert bench.task(job, "create")["marker"] != first


def test_the_first_draft_recorded_stays_and_the_second_becomes_an_orphan(bench: "Bench") -> None:
    product = bench.product()
    first, second = bench.submit(product), bench.submit(product)
    bench.run(first)

    assert bench.run(second).move is NextMove.NOTHING

    assert bench.one("SELECT external_id FROM {s}.listings")["external_id"] == "draft-1"
    assert bench.row(second)["result_data"] == {"chosen": "draft-1"}, "the job goes on with the chosen one"
    orphan = bench.one("SELECT * FROM {s}.strays")
    assert orphan["marker"] == bench.task(second, "create")["marker"]


def test_an_orphan_is_deleted_and_the_chosen_draft_is_not(bench: "Bench") -> None:
    product = bench.product()
    for job in (bench.submit(product), bench.submit(product)):
        bench.run(job)

    bench.collect()

    assert COLLECTED == ["draft-2"]
    assert bench.all("SELECT * FROM {s}.strays") == []


def test_an_attempt_confirmed_absent_is_looked_for_twice_more_before_it_is_forgotten(bench: "Bench") -> None:
    """A late draft may still come after a new attempt was allowed."""
    job = bench.submit(bench.product())
    bench.shop.plan("never")
    bench.run(job)
    late = bench.task(job, "create")["marker"]
    bench.look(job)
    bench.look(job)
    assert [orphan["marker"] for orphan in bench.all("SELECT marker FROM {s}.strays")] == [late]

    bench.make_due()
    bench.collect()
    assert bench.one("SELECT tries FROM {s}.strays")["tries"] == 1
    DRAFTS[late] = "draft-late"
    bench.make_due()
    bench.collect()

    assert COLLECTED == ["draft-late"]
    assert bench.all("SELECT * FROM {s}.strays") == []


def test_an_orphan_that_never_comes_is_forgotten_after_two_looks(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan("never")
    bench.run(job)
    for look in (bench.look, bench.look):
        look(job)
    for _ in range(2):
        bench.make_due()
        bench.collect()

    assert bench.all("SELECT * FROM {s}.strays") == []
    assert COLLECTED == []


def test_a_collector_that_could_not_look_comes_again_and_counts_nothing(bench: "Bench") -> None:
    product = bench.product()
    for job in (bench.submit(product), bench.submit(product)):
        bench.run(job)
    bench.shop.plan(UNREACHABLE)

    bench.collect()

    orphan = bench.one("SELECT * FROM {s}.strays")
    assert (orphan["tries"], orphan["claimed_by"], orphan["deadline"]) == (0, None, None)
    bench.make_due()
    bench.collect()
    assert COLLECTED == ["draft-2"]


def test_an_orphan_is_not_looked_for_before_its_time(bench: "Bench") -> None:
    product = bench.product()
    for job in (bench.submit(product), bench.submit(product)):
        bench.run(job)
    bench.all("UPDATE {s}.strays SET look_after = clock_timestamp() + interval '1 hour'")

    bench.collect()

    assert COLLECTED == []


def test_an_orphan_whose_collector_died_is_looked_for_again(bench: "Bench") -> None:
    product = bench.product()
    for job in (bench.submit(product), bench.submit(product)):
        bench.run(job)
    worker = bench.worker()
    bench.all(
        f"UPDATE {{s}}.strays SET claims = claims + 1, claimed_by = {worker.process}, "
        "deadline = clock_timestamp() + interval '1 hour'"
    )
    worker.dies()

    bench.sweep()
    bench.collect()

    assert COLLECTED == ["draft-2"]

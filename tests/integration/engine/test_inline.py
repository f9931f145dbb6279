"""An orchestrator of one job, in the process that asks: the same order, pace and fences as everywhere."""

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.actors.inline import InlineOrchestrator
from stoflow.domain.errors import APITimeoutError, DatabaseUnavailable
from stoflow.domain.ids import JobId, ProcessId
from stoflow.storage.engine.ownership import leave_tenant
from stoflow.storage.engine.processes import mark_dead, register_process
from stoflow.upkeep.sweep import Sweep

if TYPE_CHECKING:
    from conftest import Bench

SHOP = "shop"
A_MINUTE_MS = 60_000
WAIT_S = 10.0


def of_another_process(bench: "Bench", *, patience_s: float = 10.0) -> InlineOrchestrator:
    with bench.database.records() as connection:
        process = register_process(connection, "inline", lease_s=3_600.0)
    return InlineOrchestrator(
        engine=replace(bench.engine, process=lambda: process),
        conditions=replace(bench.conditions, caps=dict.fromkeys(bench.registry.marketplaces, 1)),
        pace_s=lambda place, action: bench.engine.tempo.pace_s(bench.registry.rate_limit_ms(place, action)),
        sweep=Sweep(bench.database, dict.fromkeys(bench.registry.marketplaces, 0.0), bench.plugins),
        patience_s=patience_s,
    )


def give_up(bench: "Bench", process: ProcessId | None = None) -> None:
    """The orchestrator that owns the tenant, or another process, is gone."""
    with bench.database.records() as connection:
        mark_dead(connection, bench.owner if process is None else process)


def run_next(bench: "Bench", inline: InlineOrchestrator | None = None, places: tuple[str, ...] = ()) -> JobId | None:
    names = places or tuple(bench.registry.marketplaces)
    return (inline or of_another_process(bench)).run_next(bench.tenant, names)


def owner_of(bench: "Bench") -> Any:
    return bench.one(f"SELECT owner FROM public.tenant_work WHERE tenant = {bench.tenant}")["owner"]


def test_it_runs_one_job_to_its_end_and_gives_the_tenant_back(bench: "Bench") -> None:
    give_up(bench)
    first, second = bench.submit(bench.product()), bench.submit(bench.product())
    assert run_next(bench) == first
    assert (bench.row(first)["status"], bench.row(second)["status"]) == ("completed", "pending")
    assert bench.shop.calls == ["PUT /photo", "POST /offer", "POST /publish"]
    assert owner_of(bench) is None


def test_a_tenant_is_given_back_later_where_postgresql_is_away_just_then(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process lives on, and nobody else may decide for the tenant until it is."""
    give_up(bench)
    job = bench.submit(bench.product())
    fails, left = iter([True]), threading.Event()

    def leave(*of: Any) -> None:
        if next(fails, False):
            raise DatabaseUnavailable("It is started anew.")
        leave_tenant(*of)
        left.set()

    monkeypatch.setattr("stoflow.actors.inline.leave_tenant", leave)
    monkeypatch.setattr("stoflow.actors.inline.LEAVE_AGAIN_S", 0.01)

    assert run_next(bench) == job
    assert left.wait(WAIT_S)
    with bench.database.records() as connection:  # waits for the commit of what was left
        connection.execute("SELECT FROM public.tenant_work FOR UPDATE")
    assert owner_of(bench) is None


def test_the_most_urgent_one_is_first_and_where_nothing_is_due_there_is_none(bench: "Bench") -> None:
    give_up(bench)
    usual, urgent = bench.submit(bench.product(), priority=3), bench.submit(bench.product(), priority=1)
    assert [run_next(bench), run_next(bench), run_next(bench)] == [urgent, usual, None]


def test_nothing_is_run_for_a_tenant_whom_another_one_owns(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    assert run_next(bench) is None
    assert (bench.row(job)["status"], owner_of(bench)) == ("pending", bench.owner)


def test_only_jobs_of_the_marketplaces_it_is_asked_for_are_run(bench: "Bench") -> None:
    give_up(bench)
    job = bench.submit(bench.product())
    assert run_next(bench, places=("elsewhere",)) is None
    assert run_next(bench, places=(SHOP,)) == job


class TestPace:
    @pytest.fixture
    def rate_limit_ms(self) -> int:
        return A_MINUTE_MS

    def test_a_paced_job_is_not_due_before_its_time(self, bench: "Bench") -> None:
        give_up(bench)
        first, second = bench.submit(bench.product()), bench.submit(bench.product())
        inline = of_another_process(bench, patience_s=0.5)
        assert run_next(bench, inline) == first
        run_next(bench, inline)
        assert bench.shop.calls.count("POST /publish") == 1
        assert (bench.row(first)["status"], bench.row(second)["status"] != "completed") == ("completed", True)


def test_what_a_dead_one_left_is_looked_for_and_not_made_twice(bench: "Bench") -> None:
    give_up(bench)
    job, died = bench.submit(bench.product()), of_another_process(bench)

    class Killed(BaseException):
        pass

    def killed_after_the_work(act: Any) -> Any:
        act()
        raise Killed

    bench.shop.plan(lambda act: act(), killed_after_the_work)
    with pytest.raises(Killed):
        run_next(bench, died)
    give_up(bench, died.engine.process())
    while bench.row(job)["status"] == "running":
        bench.make_due()
        assert run_next(bench) == job
    assert bench.row(job)["status"] == "completed"
    assert bench.shop.calls.count("POST /offer") == 1


def test_a_lost_answer_is_looked_for_within_the_same_call(bench: "Bench") -> None:
    give_up(bench)

    def lost_after_the_work(act: Any) -> Any:
        act()
        raise APITimeoutError("The answer was lost.")

    job = bench.submit(bench.product())
    bench.shop.plan(lambda act: act(), lost_after_the_work)
    assert run_next(bench) == job
    assert (bench.row(job)["status"], bench.shop.calls.count("POST /offer")) == ("completed", 1)


def test_a_job_that_cannot_be_claimed_is_not_tried_again_and_again(bench: "Bench") -> None:
    give_up(bench)
    job, inline = bench.submit(bench.product()), of_another_process(bench, patience_s=3_600.0)
    owner = inline.engine.process()
    with bench.database.records() as connection:
        dead = register_process(connection, "inline", lease_s=3_600.0)
        mark_dead(connection, dead)
    asked = iter([owner])
    inline = replace(inline, engine=replace(inline.engine, process=lambda: next(asked, dead)))
    assert run_next(bench, inline) == job
    assert (bench.row(job)["status"], bench.shop.calls) == ("pending", [])


def test_two_at_once_share_the_jobs_and_do_none_twice(bench: "Bench") -> None:
    give_up(bench)
    jobs = [bench.submit(bench.product()) for _ in range(4)]

    def go_on(inline: InlineOrchestrator) -> None:
        while any(bench.row(job)["status"] != "completed" for job in jobs):
            run_next(bench, inline)

    threads = [threading.Thread(target=go_on, args=(of_another_process(bench),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
    assert bench.shop.calls.count("POST /offer") == len(jobs)


def test_a_job_that_is_to_be_cancelled_is_ended_rather_than_gone_on_with(bench: "Bench") -> None:
    give_up(bench)
    job = bench.submit(bench.product())

    def cancelled_meanwhile(act: Any) -> Any:
        bench.cancel(job)
        return act()

    bench.shop.plan(cancelled_meanwhile)
    run_next(bench)
    assert bench.row(job)["status"] == "cancelled"
    assert "POST /publish" not in bench.shop.calls

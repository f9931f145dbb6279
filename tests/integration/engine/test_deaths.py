"""What becomes of an attempt whose process died, hung or was paused, and of a task that kills whoever runs it."""

from typing import TYPE_CHECKING

import pytest

from stoflow.domain.call import Reply
from stoflow.domain.ids import JobId
from stoflow.domain.run import NextMove, RunMode
from stoflow.execution.look import look
from stoflow.execution.run import run
from stoflow.storage.engine.commands import absent, set_connected
from stoflow.storage.engine.ownership import consume_outbox
from stoflow.storage.engine.processes import mark_dead, register_process
from stoflow.storage.engine.sweep import take_sweep
from stoflow.upkeep.sweep import Sweep

if TYPE_CHECKING:
    from conftest import Act, Bench

DEATHS_UNTIL_QUARANTINE = 3
PASSED_S = -1.0


def killed_in(bench: "Bench", job: JobId, name: str) -> None:
    """A worker claims the task and dies; its parent notices."""
    worker = bench.worker()
    bench.hold(job, name, by=worker.process)
    worker.dies()
    bench.sweep()


def come_to_create(bench: "Bench") -> JobId:
    job = bench.submit(bench.product())
    bench.shop.plan(None, 429)
    bench.run(job)
    bench.make_due()
    bench.shop.calls.clear()
    return job


def test_a_repeatable_call_of_a_dead_process_is_made_again(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    killed_in(bench, job, "upload")

    task = bench.task(job, "upload")
    assert (task["status"], task["deaths"], task["failures"], task["claimed_by"]) == ("pending", 1, 0, None)
    assert bench.run(job).move is NextMove.NOTHING


def test_a_creating_call_of_a_dead_process_is_looked_for_after_the_quiet_time(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    worker = bench.worker()

    def and_dies(act: "Act") -> Reply:
        act()
        worker.dies()
        raise SystemExit

    bench.shop.plan(None, and_dies)
    with pytest.raises(SystemExit):
        run(worker.engine, bench.message(job))
    bench.sweep(quiet_s=3600.0)

    task = bench.task(job, "create")
    assert (task["status"], task["deaths"], task["claimed_by"]) == ("running", 1, None)
    assert bench.view(job).tasks[2].verifying
    assert bench.look(job).move is NextMove.RELOAD, "the look is not due"
    bench.make_due()
    bench.look(job)
    assert bench.run(job).move is NextMove.NOTHING
    assert bench.shop.calls.count("POST /offer") == 1


def test_what_a_process_had_is_free_also_where_nobody_swept_for_long_after_its_death(bench: "Bench") -> None:
    """No orchestrator ran, or PostgreSQL was away: its deadline is minutes off."""
    job = bench.submit(bench.product())
    worker = bench.worker()
    bench.hold(job, "upload", by=worker.process)
    worker.dies()
    bench.all(f"UPDATE public.processes SET expires_at = now() - interval '59 minutes' WHERE id = {worker.process}")

    bench.sweep()

    assert bench.task(job, "upload")["status"] == "pending"


def test_a_sweep_of_everyone_says_whether_somebody_else_swept_meanwhile(bench: "Bench") -> None:
    sweep = Sweep(bench.database, {}, [])
    with bench.database.records() as other:
        assert take_sweep(other)
        assert not sweep.everyone()
    assert sweep.everyone()


def connected(bench: "Bench") -> bool:
    with bench.database.records() as connection:
        return not absent(connection, [bench.tenant])


def test_a_tenant_is_told_that_its_plugin_is_gone_with_the_api_that_it_was_connected_to(bench: "Bench") -> None:
    """Nobody else says so, and its jobs would be begun, and charged for the answers that do not come."""
    bench.submit(bench.product())
    with bench.database.records() as connection:
        consume_outbox(connection, bench.owner, limit=1000)
        api = register_process(connection, "api", lease_s=30.0)
        set_connected(connection, bench.tenant, "laptop", process=api, socket_id="socket")
        mark_dead(connection, api)

    for _ in range(2):
        bench.sweep()

    with bench.database.records() as connection:
        (told,) = consume_outbox(connection, bench.owner, limit=1000)
    assert (told.tenant, told.jobs) == (bench.tenant, (0,))
    assert bench.all(f"SELECT connected FROM public.plugin_presence WHERE tenant = {bench.tenant}") == [
        {"connected": False}
    ]


def test_a_plugin_that_came_again_before_its_api_was_buried_is_there(bench: "Bench") -> None:
    bench.submit(bench.product())
    with bench.database.records() as connection:
        before, now = (register_process(connection, "api", lease_s=30.0) for _ in range(2))
        set_connected(connection, bench.tenant, "laptop", process=before, socket_id="socket")
        set_connected(connection, bench.tenant, "laptop", process=now, socket_id="another")
        mark_dead(connection, before)

    bench.sweep()

    assert connected(bench)


def test_a_process_whose_lease_ended_is_taken_for_dead(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    worker = bench.worker()
    bench.hold(job, "upload", by=worker.process)
    bench.all(f"UPDATE public.processes SET expires_at = clock_timestamp() WHERE id = {worker.process}")

    bench.sweep()

    assert bench.task(job, "upload")["status"] == "pending"


def test_a_hung_thread_is_caught_by_its_deadline_though_its_process_lives(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.hold(job, "upload", by=bench.worker().process, deadline_s=PASSED_S)

    bench.sweep()

    task = bench.task(job, "upload")
    assert (task["status"], task["deaths"]) == ("pending", 1)


def test_what_a_living_process_holds_is_left_to_it(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.hold(job, "upload", by=bench.worker().process)

    bench.sweep()

    assert bench.task(job, "upload")["status"] == "running"


def test_the_silence_of_a_plugin_is_charged_as_a_failure_not_as_a_death(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.hold(job, "upload", by=None, deadline_s=PASSED_S)

    bench.sweep()

    task = bench.task(job, "upload")
    assert (task["status"], task["deaths"], task["failures"]) == ("pending", 0, 1)


def test_a_plugin_that_stays_silent_fails_the_job_once_its_tries_are_used_up(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    tries = bench.row(job)["max_retries"] + 1
    for _ in range(tries):
        bench.hold(job, "upload", by=None, deadline_s=PASSED_S)
        bench.sweep()

    row = bench.row(job)
    assert (row["status"], row["error_kind"]) == ("failed", "interrupted")
    assert bench.causes(job)[-1] == "interrupted"


def test_the_silence_of_a_plugin_about_a_creating_call_is_looked_for(bench: "Bench") -> None:
    job = come_to_create(bench)
    bench.hold(job, "create", by=None, deadline_s=PASSED_S)

    bench.sweep()

    task = bench.task(job, "create")
    assert (task["status"], task["failures"], task["look_at"] is None) == ("running", 0, False)


def test_a_look_whose_process_died_is_looked_again_at_once(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, "lost")
    bench.run(job)
    worker = bench.worker()
    bench.hold(job, "create", by=worker.process)
    worker.dies()

    bench.sweep(quiet_s=3600.0)

    bench.look(job)
    assert bench.task(job, "create")["status"] == "completed"


def dead_looks(bench: "Bench", caplog: pytest.LogCaptureFixture, *, times: int) -> JobId:
    """Return a job of which every look for its listing ended the process that made it."""
    job = bench.submit(bench.product())
    bench.shop.plan(None, "lost")
    bench.run(job)
    with caplog.at_level("ERROR"):
        for _ in range(times):
            bench.make_due()
            killed_in(bench, job, "create")
    return job


def test_no_number_of_dead_looks_ends_a_job(bench: "Bench", caplog: pytest.LogCaptureFixture) -> None:
    """What became of the act is unknown still: it may be listed."""
    job = dead_looks(bench, caplog, times=2 * DEATHS_UNTIL_QUARANTINE)
    assert bench.row(job)["status"] == "running"
    assert (bench.task(job, "create")["status"], bench.task(job, "create")["error_kind"]) == ("running", "verifying")
    assert "poison" not in " ".join(bench.causes(job))

    bench.make_due()
    bench.look(job)
    assert bench.run(job).move is NextMove.NOTHING

    assert bench.shop.calls.count("POST /offer") == 1
    assert bench.row(job)["status"] == "completed"


def test_looks_that_die_become_ever_rarer_and_the_operator_is_told(
    bench: "Bench", caplog: pytest.LogCaptureFixture
) -> None:
    waits: list[float] = []
    for times in (1, 2, 5):
        job = dead_looks(bench, caplog, times=times)
        row = bench.one(
            "SELECT extract(epoch FROM look_at - clock_timestamp())::float8 AS wait_s "
            f"FROM {{s}}.marketplace_tasks WHERE job_id = {job} AND name = 'create'"
        )
        waits.append(row["wait_s"])
        assert (f"of job {job}," in caplog.text) == (times >= DEATHS_UNTIL_QUARANTINE)
    assert waits[0] <= 0 < waits[1] < waits[2]


def test_deaths_of_looks_are_not_charged_to_the_act(bench: "Bench") -> None:
    """Once nothing of it was found it is tried again, however many looks died before."""
    job = bench.submit(bench.product())
    bench.shop.plan(None, "never")
    bench.run(job)
    for _ in range(DEATHS_UNTIL_QUARANTINE):
        bench.make_due()
        killed_in(bench, job, "create")
    for _ in range(2):
        bench.make_due()
        bench.look(job)
    bench.make_due()
    assert bench.run(job).move is NextMove.NOTHING
    assert bench.row(job)["status"] == "completed"


def test_a_repeatable_task_that_killed_three_processes_is_quarantined(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    for _ in range(DEATHS_UNTIL_QUARANTINE):
        assert bench.row(job)["status"] != "failed"
        killed_in(bench, job, "upload")

    row, task = bench.row(job), bench.task(job, "upload")
    assert (row["status"], row["error_kind"]) == ("failed", "poison")
    assert (task["status"], task["error_kind"]) == ("failed", "poison")
    assert bench.causes(job)[-1] == "poison"


def test_a_creating_task_that_killed_three_processes_is_quarantined_once_nothing_of_it_is_there(
    bench: "Bench",
) -> None:
    """Before its outcome is known it is neither tried again nor given up."""
    job, moves = come_to_create(bench), set[NextMove]()
    for _ in range(DEATHS_UNTIL_QUARANTINE):
        bench.make_due()
        killed_in(bench, job, "create")
        assert bench.task(job, "create")["status"] == "running"
        moves = {bench.look(job).move, bench.look(job).move}

    assert NextMove.NOTHING in moves

    row, task = bench.row(job), bench.task(job, "create")
    assert (row["status"], row["error_kind"]) == ("failed", "poison")
    assert (task["status"], task["error_kind"]) == ("failed", "poison")
    assert bench.shop.calls.count("POST /offer") == 0


def test_an_inner_task_that_kills_its_process_is_found_by_claiming_step_by_step(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    for _ in range(DEATHS_UNTIL_QUARANTINE):
        killed_in(bench, job, "validate")

    row, task = bench.row(job), bench.task(job, "validate")
    assert (row["status"], row["error_kind"]) == ("failed", "poison")
    assert (task["status"], task["deaths"]) == ("failed", DEATHS_UNTIL_QUARANTINE)


def test_step_by_step_every_inner_task_has_a_claim_of_its_own(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    assert bench.run(job, stepwise=True).move is NextMove.NOTHING

    claimed = bench.all(f"SELECT task FROM {{s}}.job_timeline WHERE job_id = {job} AND cause = 'claimed' ORDER BY id")
    assert [line["task"] for line in claimed] == ["validate", "upload", "create", "publish", "save"]
    assert bench.row(job)["result_data"] == bench.task(job, "save")["output"]


def test_a_worker_that_was_paused_over_a_look_is_fenced(bench: "Bench") -> None:
    """Its answer comes after another process has claimed the look: it may not be written any more."""
    job = bench.submit(bench.product())
    slow, other = bench.worker(), bench.worker()

    def paused(act: "Act") -> Reply:
        reply = act()
        slow.dies()
        bench.sweep()
        bench.make_due()
        look(other.engine, bench.message(job))
        return reply

    bench.shop.plan(None, paused)
    run(slow.engine, bench.message(job))

    assert bench.feed.reports[-1].move is NextMove.RELOAD
    assert bench.causes(job).count("looked and adopted") == 1
    assert bench.task(job, "create")["claims"] == 2
    assert bench.run(job).move is NextMove.NOTHING


def test_a_late_answer_before_anybody_looked_is_welcome(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    slow = bench.worker()

    def paused(act: "Act") -> Reply:
        reply = act()
        slow.dies()
        bench.sweep(quiet_s=3600.0)
        return reply

    bench.shop.plan(None, paused)
    run(slow.engine, bench.message(job))

    task = bench.task(job, "create")
    assert (task["status"], task["look_at"]) == ("completed", None)


def test_a_process_that_was_declared_dead_claims_nothing_any_more(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    ghost = bench.worker()
    ghost.dies()

    run(ghost.engine, bench.message(job))

    assert bench.shop.calls == []
    assert bench.row(job)["status"] == "pending"


def test_a_look_of_a_process_that_was_declared_dead_is_refused(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, "lost")
    bench.run(job)
    ghost = bench.worker()
    ghost.dies()
    calls = len(bench.shop.calls)

    look(ghost.engine, bench.message(job, mode=RunMode.LOOK))

    assert len(bench.shop.calls) == calls

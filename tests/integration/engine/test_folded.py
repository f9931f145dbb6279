"""A job that goes well is one row, and tells of itself what one in rows of its tasks tells; what else comes of it is
written in rows."""

from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.ids import JobId, TaskId
from stoflow.domain.job import JobStatus
from stoflow.execution.run import run
from stoflow.resources.jobs.read import timeline
from stoflow.storage.engine.change import request_cancel
from stoflow.storage.engine.plan import plan_job
from stoflow.storage.engine.reads.queue import begin_queued
from stoflow.storage.engine.unfinished import finish_cancel

if TYPE_CHECKING:
    from conftest import Bench

    from stoflow.domain.call import Reply

TOLD = ("task", "from_status", "to_status", "cause", "attempt")


def rows_of(bench: "Bench", job: JobId) -> tuple[int, int]:
    """How many rows the job has of its tasks and of its lines."""
    with bench.engine.database.records() as connection:
        query = "SELECT count(*) AS number FROM {s}.%s WHERE job_id = {job}".replace("{s}", f"user_{bench.tenant}")
        asked = [query.replace("{job}", str(job)) % name for name in ("marketplace_tasks", "job_timeline")]
        found = [connection.execute(each.encode()).fetchone() for each in asked]
    tasks, lines = (row["number"] for row in found if row)
    return tasks, lines


def told_of(bench: "Bench", job: JobId) -> tuple[Any, Any, Any]:
    """What anybody is told of a job but ids and times."""
    view = bench.view(job)
    tasks = [(task.name, task.status, task.attempt, task.output, task.error) for task in view.tasks or ()]
    lines = [tuple(getattr(line, name) for name in TOLD) for line in timeline(bench, bench.tenant, job)]
    return (view.status, view.result, view.error), tasks, lines


def test_a_job_that_goes_well_is_one_row_and_tells_what_rows_tell(bench: "Bench") -> None:
    first, second = bench.submit(bench.product()), bench.submit(bench.product())
    assert rows_of(bench, first) == (0, 0)
    with bench.engine.database.records() as connection:
        connection.execute(f"SELECT public.unfold('user_{bench.tenant}', ARRAY[{second}])".encode())
    waiting = [told_of(bench, job) for job in (first, second)]
    for job in (first, second):
        bench.all("UPDATE public.pace SET next_at = clock_timestamp()")
        bench.run(job)

    assert waiting[0] == waiting[1]
    assert rows_of(bench, first) == (0, 0)
    assert rows_of(bench, second) == (5, 13)
    assert bench.row(first)["acted"] is True
    ended, tasks, lines = told_of(bench, first)
    of_second = told_of(bench, second)
    assert (ended[0], ended[2]) == ("completed", of_second[0][2])
    assert ended[1] == {"listing": f"offer-{bench.tenant}p{bench.row(first)['product_id']}"}
    assert [task[:3] for task in tasks] == [task[:3] for task in of_second[1]]
    assert lines == of_second[2]


@pytest.mark.parametrize("place", [1, 2])
def test_what_does_not_go_well_is_written_in_rows_where_it_stood(bench: "Bench", place: int) -> None:
    """One of its calls is turned away, and made again."""
    job = bench.submit(bench.product())
    bench.shop.plan(*[None] * place, 503)

    assert bench.run(job).move == "run"
    tasks, lines = rows_of(bench, job)
    assert (tasks, lines > 2) == (5, True)
    assert [str(task.status) for task in bench.view(job).tasks or ()].count("completed") == place + 1

    bench.make_due()
    bench.run(job)
    assert bench.row(job)["status"] == "completed"
    assert len(bench.shop.calls) == 4


def test_a_dead_worker_s_job_is_freed(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    def ends(act: Any) -> "Reply":
        raise KeyboardInterrupt

    bench.shop.plan(ends)
    with pytest.raises(KeyboardInterrupt):
        bench.run(job)
    assert rows_of(bench, job) == (0, 0)

    bench.dies()
    bench.sweep()
    assert bench.task(job, "upload")["status"] == "pending"
    assert bench.task(job, "upload")["deaths"] == 1
    living = bench.worker()
    living.make_due()
    living.run(job)
    assert bench.row(job)["status"] == "completed"


def test_of_two_messages_one_acts(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    message = bench.message(job)

    def meanwhile(act: Any) -> "Reply":
        run(bench.engine, message)
        return act()

    bench.shop.plan(meanwhile)
    run(bench.engine, message)

    assert bench.shop.calls == ["PUT /photo", "POST /offer", "POST /publish"]
    assert bench.row(job)["status"] == "completed"


def test_a_program_that_knows_only_the_old_columns_cancels_it_in_the_middle_of_a_call(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    def cancelled(act: Any) -> "Reply":
        bench.all(f"UPDATE {{s}}.marketplace_jobs SET cancel_requested = true WHERE id = {job}")
        return act()

    bench.shop.plan(None, cancelled)
    bench.run(job)

    assert rows_of(bench, job)[0] == 5
    assert bench.shop.calls == ["PUT /photo", "POST /offer"]
    assert bench.task(job, "create")["output"] == {"id": f"offer-{bench.tenant}p1"}
    bench.cancel(job)
    assert bench.row(job)["status"] == "cancelled"


def test_a_worker_of_the_release_before_that_plans_it_finds_its_tasks(bench: "Bench") -> None:
    """It sees none, and writes what its own registry has."""
    job = bench.submit(bench.product())
    handler = bench.registry.handler("shop", "publish")
    with bench.engine.database.records() as connection:
        assert not plan_job(connection, bench.tenant, job, handler.create_tasks(None))

    assert rows_of(bench, job)[0] == 5
    bench.run(job)
    assert bench.row(job)["status"] == "completed"


def test_an_orchestrator_of_the_release_before_takes_a_tenant_of_rows(bench: "Bench") -> None:
    job, done = bench.submit(bench.product()), bench.submit(bench.product())
    bench.run(done)
    take = b"UPDATE public.tenant_work SET owner = %s WHERE tenant = %s"
    with bench.engine.database.records() as connection:
        connection.execute(take, [bench.owner, bench.tenant])
        assert rows_of(bench, job) == (0, 0)
        connection.execute(b"UPDATE public.processes SET folds = false WHERE id = %s", [bench.owner])
        connection.execute(take, [bench.owner, bench.tenant])

    assert rows_of(bench, job) == (5, 1)
    assert rows_of(bench, done) == (0, 0)


def test_an_orchestrator_of_the_release_before_takes_a_tenant_that_is_not_migrated_yet(bench: "Bench") -> None:
    """While tenants are migrated one after the other, those of before go on deciding for them."""
    take = b"UPDATE public.tenant_work SET owner = %s WHERE tenant = %s"
    with bench.engine.database.records() as connection:
        table = f"user_{bench.tenant}.marketplace_jobs"
        connection.execute(f"ALTER TABLE {table} DROP COLUMN folded CASCADE".encode())
        connection.execute(b"UPDATE public.processes SET folds = false WHERE id = %s", [bench.owner])
        assert connection.execute(take, [bench.owner, bench.tenant]).rowcount == 1
        connection.rollback()


def test_an_orchestrator_that_names_no_task_of_it_is_told_to_look_again(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    report = bench.run(job, task=TaskId(0))

    assert report.move == "reload"
    assert rows_of(bench, job) == (5, 1)
    bench.run(job)
    assert bench.row(job)["status"] == "completed"


def test_its_owner_reads_what_comes_next_from_the_row(bench: "Bench") -> None:
    job, other = bench.submit(bench.product()), bench.submit(bench.product())
    with bench.engine.database.records() as connection:
        connection.execute(f"SELECT public.unfold('user_{bench.tenant}', ARRAY[{other}])".encode())
        read = {each.id: each for each in begin_queued(connection, bench.tenant, [job, other])()}

    one, rows = read[job], read[other]
    assert (one.claims, one.paced, one.in_flight, one.verifying) == (rows.claims, rows.paced, False, False)
    assert one.task == bench.task(job, "validate")["id"]
    assert JobStatus(bench.row(job)["status"]) is JobStatus.PENDING


def test_one_that_puts_out_much_is_written_in_rows(bench: "Bench") -> None:
    product = bench.product(title="A coat " + "of many words " * 20)
    job, small = bench.submit(product), bench.submit(bench.product())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stoflow.storage.engine.folded.LARGEST_DOCUMENT", 700)
        bench.run(job)
    assert bench.row(job)["status"] == "completed"
    assert rows_of(bench, job) == (5, 13)
    assert told_of(bench, job)[1][0][3] == {"title": "A coat " + "of many words " * 20}
    assert rows_of(bench, small) == (0, 0)


def test_many_that_are_cancelled_are_told_of_in_their_order(bench: "Bench") -> None:
    """What a person cancels is rows first, all of it at once."""
    jobs = [bench.submit(bench.product()) for _ in range(20)]
    with bench.engine.database.records() as connection:
        assert request_cancel(connection, bench.tenant, *jobs) == jobs
        assert finish_cancel(connection, bench.tenant, *jobs) == jobs
    for job in jobs:
        assert [line.cause for line in timeline(bench, bench.tenant, job)] == [
            "submitted",
            "cancel requested",
            *["cancel"] * 6,
        ]

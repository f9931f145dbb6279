"""Jobs whose rows a program wrote that knows only the old columns: they have no tasks, and are done all the same."""

from typing import TYPE_CHECKING

from stoflow.domain.ids import JobId
from stoflow.domain.run import NextMove
from stoflow.storage.engine.plan import plan_job
from stoflow.storage.engine.reads.actors import jobs_read, page_read, read_together
from stoflow.storage.engine.reads.queue import QueuePage

if TYPE_CHECKING:
    from conftest import Bench

NAMES = ["validate", "upload", "create", "publish", "save"]


def write_job(bench: "Bench", product: int | None, *, status: str = "pending") -> JobId:
    """Write a job as the old program did."""
    row = bench.one(
        "INSERT INTO {s}.marketplace_jobs (marketplace, action_type_id, product_id, status)"
        f" SELECT 'shop', id, {product or 'NULL'}, '{status}' FROM public.marketplace_action_types"
        " WHERE marketplace = 'shop' AND code = 'publish' RETURNING id"
    )
    return JobId(row["id"])


def page(bench: "Bench") -> QueuePage:
    (read,) = read_together(bench.database, [page_read(bench.tenant, marketplaces=["shop"], held=(), limit=10)])
    assert isinstance(read, QueuePage)
    return read


def test_it_gets_its_tasks_and_is_done(bench: "Bench") -> None:
    job = write_job(bench, bench.product())
    assert [queued.id for queued in page(bench).jobs] == [job]
    assert bench.run(job).move is NextMove.RELOAD
    assert bench.feed.changes[-1].status == "pending"
    assert bench.run(job).move is NextMove.NOTHING
    assert bench.row(job)["status"] == "completed"
    assert [name for name, *_ in bench.steps(job)][:1] == [None]
    assert bench.shop.calls == ["PUT /photo", "POST /offer", "POST /publish"]


def test_what_the_old_program_noted_of_its_own_steps_stays_before_them(bench: "Bench") -> None:
    job = write_job(bench, bench.product())
    bench.all(
        "INSERT INTO {s}.marketplace_tasks (job_id, name, position, kind, status) VALUES"
        f" ({job}, 'plugin_http', 1, 'unsafe', 'skipped')"
    )
    bench.run(job)
    bench.run(job)
    assert bench.row(job)["status"] == "completed"
    names = [
        row["name"]
        for row in bench.all(f"SELECT name FROM {{s}}.marketplace_tasks WHERE job_id = {job} ORDER BY position")
    ]
    assert names == ["plugin_http", *NAMES]


def test_two_workers_give_it_its_tasks_once(bench: "Bench") -> None:
    job = write_job(bench, bench.product())
    bench.run(job)
    planned = bench.all(f"SELECT id, name FROM {{s}}.marketplace_tasks WHERE job_id = {job} ORDER BY position")
    with bench.database.records() as connection:
        plan_job(connection, bench.tenant, job, ())
    bench.run(job, task=0)
    assert bench.all(f"SELECT id, name FROM {{s}}.marketplace_tasks WHERE job_id = {job} ORDER BY position") == planned


def test_what_nobody_could_have_asked_for_fails_with_the_reason(bench: "Bench") -> None:
    job = write_job(bench, None)
    assert bench.run(job).move is NextMove.NOTHING
    row = bench.row(job)
    assert (row["status"], row["error_kind"], row["error_message"]) == ("failed", "refused", "publish needs a product.")
    assert "refused" in bench.causes(job)


def test_one_that_the_old_program_runs_is_left_to_it(bench: "Bench") -> None:
    product = bench.product()
    job = write_job(bench, product, status="running")
    behind = bench.submit(product)
    assert page(bench).jobs == ()
    ((read,),) = read_together(bench.database, [jobs_read(bench.tenant, [job, behind])])
    assert (read.id, read.behind) == (behind, True)

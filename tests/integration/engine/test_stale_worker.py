"""A worker that was paused past its lease changes nothing, and nothing stands on what it did."""

from typing import TYPE_CHECKING

from stoflow.jobs.run import run

if TYPE_CHECKING:
    from conftest import Bench


def test_a_claim_never_stands_on_an_output_that_was_not_recorded(bench: "Bench") -> None:
    """While the first worker uploads, the sweep frees its task and another worker's upload is recorded."""
    job = bench.submit(bench.product())

    def while_another_uploads(act):
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

    def while_the_sweep_frees_it(act):
        reply = act()
        bench.all("UPDATE {s}.marketplace_tasks SET status = 'pending', claimed_by = NULL WHERE name = 'upload'")
        return reply

    bench.shop.script = [while_the_sweep_frees_it]

    run(bench.engine, message)

    assert bench.task(job, "upload")["status"] == "pending"
    assert bench.shop.calls == ["PUT /photo"]

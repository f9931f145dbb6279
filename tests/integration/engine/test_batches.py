"""Many jobs asked for together: each is a job like any other, and the database counts where all of them stand."""

from typing import TYPE_CHECKING

import pytest

from stoflow.domain.batch import BatchStatus, Progress
from stoflow.domain.ids import BatchId, JobId
from stoflow.marketplaces.contract import ActionSpec, Marketplace
from stoflow.resources.batches.change import PART, cancel_batch, retry_batch
from stoflow.resources.batches.create import create_batch
from stoflow.resources.batches.read import find_batch
from stoflow.resources.batches.views import BatchView, SubmitBatch
from stoflow.resources.jobs.views import SubmitJob

if TYPE_CHECKING:
    from conftest import Bench

SHOP = "shop"


def make(bench: "Bench", *products: int, action: str = "publish") -> BatchView:
    return create_batch(bench, bench.tenant, SubmitBatch(SubmitJob(SHOP, action), products))[0]


def jobs_of(bench: "Bench", batch: BatchId) -> list[JobId]:
    rows = bench.all(f"SELECT id FROM {{s}}.marketplace_jobs WHERE batch_job_id = {batch} ORDER BY id")
    return [row["id"] for row in rows]


def statuses(bench: "Bench", batch: BatchId) -> list[str]:
    return [bench.row(job)["status"] for job in jobs_of(bench, batch)]


def test_each_job_of_a_batch_runs_as_one_that_was_asked_for_alone(bench: "Bench") -> None:
    batch = make(bench, bench.product(), bench.product())
    alone = bench.submit(bench.product())
    jobs = jobs_of(bench, batch.id)
    for job in (*jobs, alone):
        bench.run(job)
    assert [bench.steps(job) for job in jobs] == [bench.steps(alone)] * 2
    after = find_batch(bench, bench.tenant, batch.id)
    assert (after.status, after.progress) == (BatchStatus.COMPLETED, Progress(2, 0, 0, 2, 0, 0, 0))
    assert after.completed_at == max(bench.view(job).completed_at or after.created_at for job in jobs)


def test_a_batch_runs_while_one_of_it_does_and_failed_in_part_where_one_failed(bench: "Bench") -> None:
    batch = make(bench, *(bench.product() for _ in range(3)))
    first, second, third = jobs_of(bench, batch.id)
    bench.run(first)
    assert find_batch(bench, bench.tenant, batch.id).status is BatchStatus.RUNNING
    bench.shop.plan(None, 400)
    bench.run(second)
    bench.run(third)
    after = find_batch(bench, bench.tenant, batch.id)
    assert (after.status, after.progress) == (BatchStatus.PARTIALLY_FAILED, Progress(3, 0, 0, 2, 1, 0, 0))


def test_a_retry_takes_up_what_failed_and_nothing_else(bench: "Bench") -> None:
    batch = make(bench, *(bench.product() for _ in range(2)))
    first, second = jobs_of(bench, batch.id)
    bench.run(first)
    bench.shop.plan(None, 400)
    bench.run(second)
    calls = len(bench.shop.calls)

    after = retry_batch(bench, bench.tenant, batch.id)

    assert (after.status, statuses(bench, batch.id)) == (BatchStatus.RUNNING, ["completed", "pending"])
    bench.run(second)
    assert bench.shop.calls[calls:] == ["POST /offer", "POST /publish"]
    assert find_batch(bench, bench.tenant, batch.id).status is BatchStatus.COMPLETED


def test_a_retry_leaves_alone_what_a_later_job_of_its_product_has_overtaken(bench: "Bench") -> None:
    overtaken, other = bench.product(), bench.product()
    batch = make(bench, overtaken, other)
    bench.shop.plan(None, 400, None, 400)
    for job in jobs_of(bench, batch.id):
        bench.run(job)
    bench.run(bench.submit(overtaken))
    retry_batch(bench, bench.tenant, batch.id)
    assert statuses(bench, batch.id) == ["failed", "pending"]


def test_a_cancel_leaves_what_has_ended_and_ends_the_rest(bench: "Bench") -> None:
    batch = make(bench, *(bench.product() for _ in range(3)))
    first, second, _ = jobs_of(bench, batch.id)
    bench.run(first)
    bench.hold(second, "upload", by=bench.engine.process())
    after = cancel_batch(bench, bench.tenant, batch.id)
    assert statuses(bench, batch.id) == ["completed", "running", "cancelled"]
    assert bench.row(second)["cancel_requested"]
    assert (after.status, after.progress.percent) == (BatchStatus.RUNNING, 66)


def test_more_jobs_than_one_transaction_changes_are_all_cancelled(bench: "Bench") -> None:
    rows = bench.all(
        f"INSERT INTO {{s}}.products (title) SELECT 'Coat ' || n FROM generate_series(1, {PART + 1}) n RETURNING id"
    )
    batch = make(bench, *(row["id"] for row in rows))
    assert batch.progress.pending == PART + 1
    assert cancel_batch(bench, bench.tenant, batch.id).progress.cancelled == PART + 1
    causes = bench.all(
        "SELECT cause, count(*) AS number FROM {s}.job_timeline WHERE task IS NULL GROUP BY 1 ORDER BY 1"
    )
    assert [(row["cause"], row["number"]) for row in causes] == [
        ("cancel", PART + 1), ("cancel requested", PART + 1), ("submitted", PART + 1),
    ]  # fmt: skip


class TestOfActionsThatOvertake:
    @pytest.fixture
    def marketplace(self, shop_handler: type) -> Marketplace:
        actions = (
            ActionSpec("publish", "Publish", rate_limit_ms=0),
            ActionSpec("delete", "Delete", rate_limit_ms=0, overtakes=frozenset({"publish"})),
        )
        handlers = {action.code: shop_handler(action=action.code) for action in actions}
        names = frozenset(handlers)
        return Marketplace(name=SHOP, transport="direct", actions=actions, handlers=handlers, products=names)

    def test_what_waits_of_the_same_products_is_taken_back(self, bench: "Bench") -> None:
        mine, other = bench.product(), bench.product()
        waiting, left = bench.submit(mine), bench.submit(other)
        make(bench, mine, action="delete")
        assert (bench.row(waiting)["status"], bench.row(left)["status"]) == ("cancelled", "pending")

    def test_a_job_ahead_of_an_urgent_batch_becomes_as_urgent(self, bench: "Bench") -> None:
        product = bench.product()
        ahead = bench.submit(product, "delete")
        create_batch(bench, bench.tenant, SubmitBatch(SubmitJob(SHOP, "publish", priority=1), [product]))
        assert bench.row(ahead)["priority"] == 1


def test_a_batch_of_the_old_code_of_which_no_job_is_left_says_what_was_counted_then(bench: "Bench") -> None:
    old = bench.one(
        "INSERT INTO {s}.batch_jobs (batch_id, marketplace, action_code, total_count, completed_count, failed_count,"
        " status) VALUES ('old', 'shop', 'publish', 5, 3, 2, 'partially_failed') RETURNING id"
    )
    view = find_batch(bench, bench.tenant, BatchId(old["id"]))
    assert (view.status, view.progress) == (BatchStatus.PARTIALLY_FAILED, Progress(5, 0, 0, 3, 2, 0, 0))

"""What ended long ago is forgotten with everything that belongs to it, and nothing else is."""

from typing import TYPE_CHECKING

import pytest

from stoflow.domain.ids import JobId
from stoflow.execution.keeping_calls import KeepingCalls
from stoflow.monitoring.failpoints import FailpointError, arm_text, disarm
from stoflow.resources.batches.create import create_batch
from stoflow.resources.batches.views import SubmitBatch
from stoflow.resources.jobs.views import SubmitJob
from stoflow.upkeep import retention
from stoflow.upkeep.retention import forget_ended, retention_turns

if TYPE_CHECKING:
    from conftest import Bench

SHOP = "shop"
DAYS = 30.0
OF_JOBS = ("marketplace_jobs", "marketplace_tasks", "job_timeline", "job_calls")


def ended(bench: "Bench", *, days_ago: float) -> JobId:
    """Return a job that was made and completed so long ago."""
    job = bench.submit(bench.product())
    bench.run(job)
    age(bench, days_ago, job)
    return job


def age(bench: "Bench", days: float, *jobs: JobId) -> None:
    for job in jobs:
        bench.all(
            f"UPDATE {{s}}.marketplace_jobs SET created_at = created_at - interval '{days} days',"
            f" completed_at = completed_at - interval '{days} days' WHERE id = {job}"
        )


def jobs(bench: "Bench") -> list[int]:
    return [row["id"] for row in bench.all("SELECT id FROM {s}.marketplace_jobs ORDER BY id")]


def count(bench: "Bench", table: str) -> int:
    return bench.one(f"SELECT count(*) AS n FROM {{s}}.{table}")["n"]


def forget(bench: "Bench", *, only_count: bool = False) -> int:
    return forget_ended(bench.database, bench.tenant, days=DAYS, only_count=only_count)


def test_a_job_that_ended_long_ago_is_forgotten_with_its_tasks_and_timeline(bench: "Bench") -> None:
    ended(bench, days_ago=31)
    KeepingCalls(bench.database, bench.engine.calls).turn()
    assert all(count(bench, table) for table in OF_JOBS)
    assert forget(bench) == 1
    assert [count(bench, table) for table in OF_JOBS] == [0, 0, 0, 0]


def test_what_ended_lately_and_what_has_not_ended_is_kept(bench: "Bench") -> None:
    lately, waiting = ended(bench, days_ago=29), bench.submit(bench.product())
    age(bench, 400, waiting)
    assert forget(bench) == 0
    assert jobs(bench) == [lately, waiting]


def test_a_count_forgets_nothing(bench: "Bench") -> None:
    kept = [ended(bench, days_ago=31), ended(bench, days_ago=31)]
    assert forget(bench, only_count=True) == 2
    assert jobs(bench) == kept


def test_all_pages_are_gone_through_also_past_what_is_kept(bench: "Bench", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "JOBS_A_TIME", 2)
    waiting = bench.submit(bench.product())
    age(bench, 400, waiting)
    for _ in range(4):
        ended(bench, days_ago=31)
    lately = ended(bench, days_ago=1)
    assert forget(bench) == 4
    assert jobs(bench) == [waiting, lately]


def test_a_job_of_which_a_call_may_still_be_carried_out_is_kept(bench: "Bench") -> None:
    job = ended(bench, days_ago=31)
    bench.all(f"UPDATE {{s}}.marketplace_jobs SET late_until = clock_timestamp() + interval '1 h' WHERE id = {job}")
    assert forget(bench) == 0


def test_a_job_whose_draft_is_looked_for_is_kept(bench: "Bench") -> None:
    job = ended(bench, days_ago=31)
    bench.all(
        "INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)"
        f" SELECT id, product_id, marketplace, 'm', clock_timestamp() FROM {{s}}.marketplace_jobs WHERE id = {job}"
    )
    assert forget(bench) == 0


def test_a_batch_is_forgotten_when_all_of_it_ended_and_not_before(bench: "Bench") -> None:
    wish = SubmitBatch(SubmitJob(SHOP, "publish"), [bench.product(), bench.product()])
    create_batch(bench, bench.tenant, wish)
    first, second = map(JobId, jobs(bench))
    bench.run(first)
    age(bench, 31, first, second)
    bench.all("UPDATE {s}.batch_jobs SET created_at = created_at - interval '31 days'")
    assert (forget(bench), count(bench, "batch_jobs")) == (0, 1)
    bench.run(second)
    age(bench, 31, second)
    assert (forget(bench), count(bench, "batch_jobs")) == (2, 0)


@pytest.mark.parametrize(
    "place", ["retention.before", "retention.after", "retention.batches.before", "retention.batches.after"]
)
def test_one_that_is_cut_off_is_done_again(bench: "Bench", place: str) -> None:
    ended(bench, days_ago=31)
    arm_text(f"{place}=raise")
    try:
        with pytest.raises(FailpointError):
            forget(bench)
    finally:
        disarm()
    forget(bench)
    assert jobs(bench) == []


def test_a_day_is_forgotten_whole(bench: "Bench") -> None:
    first, last = ended(bench, days_ago=0), ended(bench, days_ago=0)
    day = f"date_trunc('day', clock_timestamp() - interval '{DAYS} days', 'UTC')"
    for job, at in ((first, f"{day} - interval '1 us'"), (last, day)):
        bench.all(f"UPDATE {{s}}.marketplace_jobs SET completed_at = {at}, created_at = {at} WHERE id = {job}")
    assert forget(bench) == 1
    assert jobs(bench) == [last]


def test_a_turn_forgets_of_everybody_and_rests_for_an_hour(bench: "Bench") -> None:
    ended(bench, days_ago=31)
    (turn,) = retention_turns(bench.database, days=DAYS, every_s=1.0)
    assert turn.take() == 1
    kept = ended(bench, days_ago=31)
    assert turn.take() == 0
    assert jobs(bench) == [kept]


def test_everything_is_kept_where_no_days_are_given(bench: "Bench") -> None:
    assert list(retention_turns(bench.database, days=0.0, every_s=1.0)) == []

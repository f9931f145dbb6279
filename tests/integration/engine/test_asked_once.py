"""What a person asks of a job is done and shown by one transaction, and announced by what did it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.errors import Conflict
from stoflow.domain.ids import JobId
from stoflow.domain.job import JobStatus
from stoflow.resources.jobs.change import cancel_job, retry_job
from stoflow.resources.jobs.read import find_job
from stoflow.resources.jobs.submit import submit_job
from stoflow.resources.jobs.views import JobView, SubmitJob
from stoflow.storage.database.session import Database

if TYPE_CHECKING:
    from conftest import Bench

WAYS_IN = ("shared", "tenant", "records", "planned_records")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every transaction that is opened from now on, by the door it takes."""
    opened: list[str] = []

    def noting(name: str, door: Callable[..., Any]) -> Callable[..., AbstractContextManager[Any]]:
        def through(*arguments: Any) -> AbstractContextManager[Any]:
            opened.append(name)
            return door(*arguments)

        return through

    for name in WAYS_IN:
        monkeypatch.setattr(Database, name, noting(name, getattr(Database, name)))
    return opened


@pytest.fixture
def announced(bench: "Bench", monkeypatch: pytest.MonkeyPatch) -> list[None]:
    announced: list[None] = []
    monkeypatch.setattr(bench.feed, "announced", lambda: announced.append(None), raising=False)
    return announced


def as_read(bench: "Bench", view: JobView) -> JobView:
    return find_job(bench, bench.tenant, view.id)


@pytest.mark.parametrize("key", [None, "mine"], ids=["without-key", "with-key"])
def test_a_job_is_made_and_shown_by_one_transaction(
    bench: "Bench", opened: list[str], announced: list[None], key: str | None
) -> None:
    asked = SubmitJob("shop", "publish", bench.product(), idempotency_key=key)
    opened.clear()

    view, _ = submit_job(bench, bench.tenant, asked)

    assert opened == ["planned_records"]
    assert len(announced) == 1
    assert view == replace(as_read(bench, view), estimate=None), "only who reads one job is told when"
    assert [task.name for task in view.tasks][:1] == ["validate"]


def test_a_job_that_its_key_made_before_is_shown_and_not_announced_again(bench: "Bench", announced: list[None]) -> None:
    asked = SubmitJob("shop", "publish", bench.product(), idempotency_key="mine")
    (first, is_new), (again, is_again_new) = (submit_job(bench, bench.tenant, asked) for _ in range(2))
    assert (again, is_new, is_again_new, len(announced)) == (first, True, False, 1)


def test_a_job_behind_another_says_so_as_it_is_made(bench: "Bench") -> None:
    asked = SubmitJob("shop", "publish", bench.product())
    (first, _), (second, _) = (submit_job(bench, bench.tenant, asked) for _ in range(2))
    assert second.waiting == f"behind job {first.id}"


def test_a_cancel_and_a_retry_are_done_and_shown_by_one_transaction_each(
    bench: "Bench", opened: list[str], announced: list[None]
) -> None:
    job = submit_job(bench, bench.tenant, SubmitJob("shop", "publish", bench.product()))[0].id
    bench.all(f"UPDATE {{s}}.marketplace_jobs SET status = 'failed' WHERE id = {job}")
    opened.clear()

    retried = retry_job(bench, bench.tenant, job)
    assert (retried.status, opened) == (JobStatus.PENDING, ["records"])
    cancelled = cancel_job(bench, bench.tenant, job)
    assert (cancelled.status, opened) == (JobStatus.CANCELLED, ["records", "records"])
    assert len(announced) == 1 + 2
    assert cancelled == as_read(bench, cancelled)


@pytest.mark.parametrize("change", [cancel_job, retry_job])
def test_what_cannot_be_changed_is_not_announced(
    bench: "Bench", announced: list[None], change: Callable[["Bench", int, JobId], JobView]
) -> None:
    job = bench.submit(bench.product())
    bench.all(f"UPDATE {{s}}.marketplace_jobs SET status = 'completed' WHERE id = {job}")
    with pytest.raises(Conflict, match="completed"):
        change(bench, bench.tenant, job)
    assert announced == []

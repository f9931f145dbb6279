"""Each call that a job made is kept: with its answer or without, of no more than enough of them, whatever befalls."""

from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

import pytest

from stoflow.domain.call import Request
from stoflow.domain.errors import DatabaseUnavailable
from stoflow.domain.ids import JobId, TenantId
from stoflow.execution.calls import shown_path
from stoflow.execution.keeping_calls import KeepingCalls
from stoflow.storage.database.session import Database
from stoflow.storage.engine.calls import CallView, keep_calls, view_calls

if TYPE_CHECKING:
    from conftest import Bench

NEVER = "never"


def kept(bench: "Bench", job: JobId) -> list[CallView]:
    with bench.database.records() as connection:
        return list(view_calls(connection, bench.tenant, job))


def away(_: Database) -> NoReturn:
    raise DatabaseUnavailable("PostgreSQL is away.")


def keeping(bench: "Bench") -> KeepingCalls:
    return KeepingCalls(bench.database, bench.engine.calls)


def test_a_jobs_calls_are_kept_in_order_with_their_answers(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(NEVER)
    bench.run(job)
    bench.make_due()
    bench.run(job)
    assert kept(bench, job) == []  # no attempt waited for that
    assert keeping(bench).turn() == 4
    assert keeping(bench).turn() == 0
    calls = kept(bench, job)
    assert [(call.method, call.path, call.task, call.attempt, call.code) for call in calls] == [
        ("PUT", "/photo?sku=1p1", "upload", 1, None),
        ("PUT", "/photo?sku=1p1", "upload", 2, 200),
        ("POST", "/offer?sku=1p1", "create", 1, 201),
        ("POST", "/publish?sku=1p1", "publish", 1, 200),
    ]
    assert [call.error for call in calls] == ["No answer came.", None, None, None]
    assert {call.purpose for call in calls} == {"act"}
    assert all(one.at <= other.at for one, other in pairwise(calls))


def test_of_a_job_the_newest_calls_are_kept_and_of_one_that_is_forgotten_none(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.run(job)
    noted = [call for _, _, call in bench.engine.calls.take()]
    with bench.database.records() as connection:
        for _ in range(4):
            keep_calls(connection, bench.tenant, [(job, call) for call in noted], most=5)
        keep_calls(connection, bench.tenant, [(JobId(job + 1), noted[0])])
    assert 5 <= len(kept(bench, job)) <= 5 + len(noted)
    assert kept(bench, JobId(job + 1)) == []


def test_what_postgresql_does_not_take_waits_and_what_it_refuses_holds_up_nobody_else(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch
) -> None:
    job = bench.submit(bench.product())
    bench.run(job)
    monkeypatch.setattr(Database, "records", away)
    with pytest.raises(DatabaseUnavailable):
        keeping(bench).turn()
    monkeypatch.undo()
    noted = bench.engine.calls.take()
    bench.engine.calls.give_back([(TenantId(999_999), job, noted[0][2]), *noted])
    assert keeping(bench).turn() == 4
    assert len(kept(bench, job)) == 3


def test_what_is_secret_in_an_address_is_never_kept() -> None:
    request = Request("GET", "orders", query={"limit": "5", "access_token": "hunter2", "q": "x" * 400})
    path = shown_path(request)
    assert path.startswith("/orders?limit=5&access_token=***&q=xxx")
    assert len(path) == 250

"""`Prefer: wait=N`: the answer comes with the job's end, and nobody asks PostgreSQL meanwhile."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.http.rest import waiting
from stoflow.http.rest.waiting import Waiters, preferred_wait_s
from stoflow.settings import Settings
from stoflow.wiring.tokens import access_tokens
from tests.harness.serving import api_of
from tests.harness.trust import TRUST

LONG = {"Prefer": "wait=30"}
WAIT_S = 40


@pytest.fixture
def asked(api: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator["Asked"]:
    with ThreadPoolExecutor() as threads:
        yield Asked(api, threads, monkeypatch)


class Asked:
    """Requests under way, and how often their job was read."""

    def __init__(self, api: Any, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
        self.api, self._threads = api, threads
        self.reads: Counter[int] = Counter()
        self.is_read = threading.Condition()
        find = api.use_cases.find_job
        monkeypatch.setattr(api.use_cases, "find_job", lambda *named: self._counted(find(*named)))

    def _counted(self, found: Any) -> Any:
        with self.is_read:
            self.reads[found.id] += 1
            self.is_read.notify_all()
        return found

    def get(self, job: int, prefer: str = LONG["Prefer"]) -> "Future[httpx.Response]":
        return self._threads.submit(self.api.ask, "GET", f"/api/jobs/{job}", headers={"Prefer": prefer}, timeout=WAIT_S)

    def until_read(self, job: int, times: int) -> None:
        with self.is_read:
            assert self.is_read.wait_for(lambda: self.reads[job] >= times, timeout=WAIT_S)

    def tell(self, job: int, status: str, tenant: int | None = None) -> None:
        named = {"job_id": job, "status": status}
        self.api.wire.say(tenant=tenant or self.api.alice, event="job_status_update", data=named)


def test_an_answer_comes_as_soon_as_news_says_that_the_job_has_ended(api: Any, asked: Asked) -> None:
    job = api.a_job()
    answer = asked.get(job)
    asked.until_read(job, 2)  # by the handler, and once more when somebody listens
    asked.tell(job, "running")
    asked.tell(job, "completed", tenant=api.bob)
    asked.tell(api.a_job(), "completed")
    api.use_cases.change(api.alice, job, status=JobStatus.COMPLETED)
    asked.tell(job, "completed")
    got = answer.result(WAIT_S)
    assert (got.status_code, got.json()["status"]) == (200, "completed")
    assert got.headers["preference-applied"] == "wait=30"
    assert asked.reads[job] == 3, "nothing was asked between"


def test_a_job_that_has_ended_is_answered_at_once_and_so_is_one_nobody_would_wait_for(api: Any) -> None:
    done = api.ask("GET", f"/api/jobs/{api.a_job(status=JobStatus.FAILED)}", headers=LONG)
    assert (done.json()["status"], done.headers["preference-applied"]) == ("failed", "wait=30")
    for prefer in ("wait=0", "wait=0, respond-async"):
        answer = api.ask("GET", f"/api/jobs/{api.a_job()}", headers={"Prefer": prefer})
        assert (answer.json()["status"], answer.headers["preference-applied"]) == ("pending", "wait=0")
    for prefer in ("respond-async", "wait", "wait=soon", "wait=-1"):
        answer = api.ask("GET", f"/api/jobs/{api.a_job()}", headers={"Prefer": prefer})
        assert (answer.status_code, "preference-applied" in answer.headers) == (200, False)


def test_after_the_time_a_job_is_answered_as_it_stands(api: Any, asked: Asked) -> None:
    job = api.a_job()
    answer = asked.get(job, "wait=1")
    asked.until_read(job, 2)
    api.use_cases.change(api.alice, job, status=JobStatus.RUNNING)
    got = answer.result(WAIT_S)
    assert (got.json()["status"], got.headers["preference-applied"]) == ("running", "wait=1")


def test_a_new_job_is_waited_for_too(api: Any, asked: Asked) -> None:
    body = {"action_type": "publish", "product_id": 1}
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(api.ask, "POST", "/api/vinted/jobs", json=body, headers=LONG, timeout=WAIT_S)
        with asked.is_read:
            assert asked.is_read.wait_for(lambda: bool(asked.reads), timeout=WAIT_S)
        (job,) = asked.reads
        api.use_cases.change(api.alice, job, status=JobStatus.COMPLETED)
        asked.tell(job, "completed")
        got = answer.result(WAIT_S)
    assert (got.status_code, got.json()["status"], got.headers["location"]) == (201, "completed", f"/api/jobs/{job}")


def test_without_an_answer_of_postgresql_the_job_is_told_as_it_was(api: Any, asked: Asked) -> None:
    job = api.a_job()
    answer = asked.get(job)
    asked.until_read(job, 2)
    api.use_cases.away = True
    asked.tell(job, "completed")
    assert answer.result(WAIT_S).json()["status"] == "pending"


def test_so_many_of_one_account_wait_and_the_next_is_answered_at_once(
    api: Any, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST_OF_ONE", 1)
    job = api.a_job()
    first = asked.get(job)
    asked.until_read(job, 2)
    second = api.ask("GET", f"/api/jobs/{job}", headers=LONG)
    assert (second.json()["status"], "preference-applied" in second.headers) == ("pending", False)
    api.use_cases.change(api.alice, job, status=JobStatus.CANCELLED)
    asked.tell(job, "cancelled")
    assert first.result(WAIT_S).headers["preference-applied"] == "wait=30"
    third = asked.get(job)
    assert third.result(WAIT_S).headers["preference-applied"] == "wait=30", "there is room again"


def test_a_process_that_ends_lets_everybody_go(start_api: Any, serving: Any) -> None:
    with ExitStack() as stack, ThreadPoolExecutor() as threads:
        api = start_api()
        app = api.use_cases.app(api.tokens, feed=api.wire.listen)
        url = stack.enter_context(serving(app))
        job = api.a_job()
        read = threading.Semaphore(0)
        find = api.use_cases.find_job

        def counted(*named: Any) -> Any:
            read.release()
            return find(*named)

        api.use_cases.find_job = counted
        headers = {"Authorization": f"Bearer {api.token()}", **LONG}
        answer = threads.submit(httpx.get, f"{url}/api/jobs/{job}", headers=headers, timeout=WAIT_S)
        for _ in range(2):
            assert read.acquire(timeout=WAIT_S)
        stack.close()  # which waits for 10 s at most
        assert answer.result(WAIT_S).json()["status"] == "pending"


@pytest.mark.parametrize(
    ("prefer", "wait_s"),
    [
        (["wait=5"], 5),
        (["respond-async, wait=5"], 5),
        (["respond-async", "Wait = 7"], 7),
        (['wait="9"; strict'], 9),
        (["wait=31"], 30),
        (["wait=99999999999999999999"], 30),
        (["wait=1, wait=2"], 1),
        (["wait=٣"], None),
        ([""], None),
    ],
)
def test_a_preference_is_read_as_rfc_7240_writes_it(prefer: list[str], wait_s: int | None) -> None:
    raw = [(b"prefer", each.encode("utf-8")) for each in prefer]
    assert preferred_wait_s(Headers(raw=raw)) == wait_s


def test_what_ends_at_one_api_process_is_heard_at_the_other(
    settings: Settings, serving: Any, tenants: Callable[[], TenantId], monkeypatch: pytest.MonkeyPatch
) -> None:
    listens = threading.Event()
    outwait = Waiters.outwait

    async def told(self: Waiters, tenant: Any, job: Any, wait_s: float, read: Any) -> Any:
        async def read_and_tell() -> Any:
            found = await read()
            listens.set()
            return found

        return await outwait(self, tenant, job, wait_s, read_and_tell)

    monkeypatch.setattr(Waiters, "outwait", told)
    tenant = tenants()
    headers = {"Authorization": f"Bearer {access_tokens(settings).issue_access_token(tenant)}"}
    with ExitStack() as stack:

        def an_api() -> httpx.Client:
            url = stack.enter_context(api_of(settings, pool_size=4))
            return stack.enter_context(httpx.Client(verify=TRUST, base_url=url, headers=headers, timeout=WAIT_S))

        first, second, threads = an_api(), an_api(), stack.enter_context(ThreadPoolExecutor())
        product = first.post("/api/products", json={"title": "Wool coat", "price": {"amount": "12.50"}}).json()
        job = first.post("/api/vinted/jobs", json={"action_type": "publish", "product_id": product["id"]}).json()
        answer = threads.submit(second.get, f"/api/jobs/{job['id']}", headers=LONG)
        assert listens.wait(WAIT_S)
        assert first.post(f"/api/jobs/{job['id']}/cancel").json()["status"] == "cancelled"
        got = answer.result(WAIT_S)
        assert (got.json()["status"], got.headers["preference-applied"]) == ("cancelled", "wait=30")
        assert got.elapsed.total_seconds() < 20, "it was told, not waited out"

"""The pages of jobs and errors: each viewer's own, the way from a filter to an act on all that it means, one job whole."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import httpx
import pytest

from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.role import Role
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.engine.calls import CallView, keep_calls
from stoflow.storage.tenants.roles import change_role

PASSWORD = "correct horse battery"
WAIT_S = 30
OURS = {"Sec-Fetch-Site": "same-origin"}
Seller = tuple[TenantId, httpx.Client]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"registration": "open"})


@pytest.fixture
def signed_in(real_url: str, database: Database) -> Iterator[Callable[..., Seller]]:
    """Make an account with failed jobs, whose browser is signed in."""
    with ExitStack() as stack:

        def make(name: str, role: Role = Role.USER, failed: int = 0) -> Seller:
            email = {"email": f"{name}@example.com", "password": PASSWORD}
            made = httpx.post(f"{real_url}/auth/register", json=email, timeout=WAIT_S).json()
            tenant = TenantId(made["tenant"])
            change_role(database, tenant, role, OPERATOR)
            client = stack.enter_context(httpx.Client(base_url=real_url, timeout=WAIT_S))
            client.headers["Authorization"] = f"Bearer {made['access_token']}"
            for _ in range(failed):
                assert client.post("/api/ebay/jobs", json={"action_type": "sync"}).status_code == 201
            with database.records() as connection:
                connection.execute(
                    f"UPDATE user_{tenant}.marketplace_jobs SET status = 'failed', error_kind = 'refused',"
                    f" completed_at = now(), error_message = 'said to {name}'".encode()
                )
            assert client.post("/monitoring/sign-in", data=email, headers=OURS).status_code == 303
            return tenant, client

        yield make


def shown(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def test_a_seller_sees_and_changes_their_own_jobs_only(signed_in: Callable[..., Seller]) -> None:
    (alice, hers), (bob, his) = signed_in("alice", failed=1), signed_in("bob", failed=2)
    for path in ("/monitoring/jobs?status=failed&hold=&text=said", "/monitoring/errors", f"/monitoring/jobs/{alice}/1"):
        page = shown(hers, path)
        assert "said to alice" in page, path
        assert "said to bob" not in page, path
    for path in (f"/monitoring/jobs/{bob}/1", f"/monitoring/jobs?tenant={bob}", f"/monitoring/errors?tenant={bob}"):
        shown(hers, path, status=404)
    with hers.stream("GET", f"/monitoring/live/jobs/{bob}/1") as told:
        first = next(line for line in told.iter_lines() if line.startswith("data: "))
    assert "cannot be brought up to date" in first
    form = {"act": "retry", "status": "failed"}
    assert hers.post("/monitoring/jobs/bulk", data=form | {"tenant": str(bob)}, headers=OURS).status_code == 404
    assert hers.post("/monitoring/jobs/retry", data={"tenant": bob, "job": 1}, headers=OURS).status_code == 404
    assert hers.post("/monitoring/jobs/bulk", data=form).status_code == 403  # no page of ours sent it
    done = hers.post("/monitoring/jobs/bulk", data=form, headers=OURS, follow_redirects=True).text
    assert "Of 1 jobs 1 were retried." in done
    assert "said to bob" in shown(his, "/monitoring/jobs?status=failed")


def test_a_job_that_is_looked_at_offers_what_can_be_done_with_it_now(
    signed_in: Callable[..., Seller], database: Database
) -> None:
    alice, hers = signed_in("alice")
    job = hers.post("/api/ebay/jobs", json={"action_type": "sync"}).json()["id"]
    with hers.stream("GET", f"/monitoring/live/jobs/{alice}/{job}") as told:
        lines = told.iter_lines()
        offered = (next(lines) for line in lines if line == "event: live_acts")
        assert "/jobs/cancel" in next(offered)
        with database.records() as connection:
            connection.execute(
                f"UPDATE user_{alice}.marketplace_jobs SET status = 'failed', error_kind = 'refused',"
                " completed_at = now(), error_message = ''".encode()
            )
        after = next(offered)
    assert "/jobs/retry" in after
    assert "/jobs/cancel" not in after


def test_an_administrator_tries_an_act_on_all_that_a_filter_means_and_then_does_it(
    signed_in: Callable[..., Seller],
) -> None:
    (_, admin), (_, support) = signed_in("admin", Role.ADMIN), signed_in("support", Role.SUPPORT)
    (alice, _), (bob, his) = signed_in("alice", failed=3), signed_in("bob", failed=2)
    meant = "status=failed&error_kind=refused"
    page = shown(admin, f"/monitoring/jobs?{meant}")
    assert "said to alice" in page
    assert "said to bob" in page
    assert f"/monitoring/jobs/bulk?act=retry&{meant}".replace("&", "&amp;") in page
    assert "act=cancel" not in page  # which nobody does to failed jobs
    assert "Retry 5 jobs" in shown(admin, f"/monitoring/jobs/bulk?act=retry&{meant}")
    assert "Retry 3 jobs" in shown(admin, f"/monitoring/jobs/bulk?act=retry&{meant}&tenant={alice}")
    assert "<button>Retry" not in shown(support, f"/monitoring/jobs/bulk?act=retry&{meant}")
    form = {"act": "retry", "status": "failed", "error_kind": "refused", "tenant": str(alice)}
    assert support.post("/monitoring/jobs/bulk", data=form, headers=OURS).status_code == 403
    done = admin.post("/monitoring/jobs/bulk", data=form, headers=OURS, follow_redirects=True).text
    assert "Of 3 jobs 3 were retried." in done
    assert {job["status"] for job in his.get("/api/jobs").json()["items"]} == {"failed"}
    groups = shown(admin, "/monitoring/errors")
    assert "/monitoring/jobs?status=failed&amp;marketplace=ebay&amp;error_kind=refused" in groups
    assert admin.post("/monitoring/jobs/retry", data={"tenant": bob, "job": 1}, headers=OURS).status_code == 303
    one = shown(admin, f"/monitoring/jobs/{bob}/1")
    assert "retry requested" in one
    assert '<svg viewBox="0 0 1000 16"' in one
    assert "Cancel</button>" in one


def test_of_jobs_that_failed_alike_the_words_are_said_to_be_the_last_one_s(signed_in: Callable[..., Seller]) -> None:
    (_, hers), (_, his) = signed_in("alice", failed=3), signed_in("bob", failed=1)
    assert ">last: said to alice" in shown(hers, "/monitoring/errors")
    assert ">said to bob" in shown(his, "/monitoring/errors")


def test_an_account_keeps_views_of_its_own_on_the_page_and_over_the_api(signed_in: Callable[..., Seller]) -> None:
    (alice, hers), (_, his) = signed_in("alice"), signed_in("bob")
    saved = {"name": "Refused <today>", "status": "failed", "within": "24h"}
    assert hers.post("/monitoring/jobs/views", data=saved).status_code == 403  # no page of ours sent it
    done = hers.post("/monitoring/jobs/views", data=saved, headers=OURS)
    assert (done.status_code, done.headers["location"]) == (303, "/monitoring/jobs?status=failed&within=24h")
    page = shown(hers, done.headers["location"])
    assert 'aria-current="true">Refused &lt;today&gt;</a>' in page
    assert "Refused &lt;" not in shown(his, "/monitoring/jobs")
    again = hers.post("/api/views", json={"name": saved["name"], "filter": {"hold": "retry"}}).json()
    (view,) = hers.get("/api/views").json()["items"]
    assert view == again
    assert (view["filter"], view["address"]) == ({"hold": "retry"}, "/monitoring/jobs?hold=retry")
    assert his.get("/api/views").json() == {"items": []}
    assert his.delete(f"/api/views/{view['id']}").status_code == 404
    of_alice = {"name": "x", "filter": {"tenant": int(alice)}}
    assert his.post("/api/views", json=of_alice).status_code == 403
    assert his.post("/monitoring/jobs/views", data={"name": "x", "tenant": alice}, headers=OURS).status_code == 404
    assert hers.post("/monitoring/jobs/views/delete", data={"view": view["id"]}, headers=OURS).status_code == 303
    assert hers.get("/api/views").json() == {"items": []}
    *_, last = [his.post("/api/views", json={"name": f"View {number}", "filter": {}}) for number in range(51)]
    assert last.status_code == 409
    assert last.json()["errors"][0]["field"] == "name"
    assert his.post("/api/views", json={"name": "View 7", "filter": {"status": "failed"}}).status_code == 200


def test_a_job_shows_each_call_that_was_made_for_it(signed_in: Callable[..., Seller], database: Database) -> None:
    alice, hers = signed_in("alice", failed=1)
    at = datetime.now(UTC)
    calls = [
        CallView(at, "page:1", "act", 1, "GET", "/sell/inventory/v1/inventory_item?limit=100", 503, None, 41),
        CallView(at, "page:1", "act", 2, "GET", "/sell/inventory/v1/<b>", None, "No answer came.", 2000),
    ]
    with database.records() as connection:
        keep_calls(connection, alice, [(JobId(1), call) for call in calls])
    page = shown(hers, f"/monitoring/jobs/{alice}/1")
    assert "<code>GET /sell/inventory/v1/inventory_item?limit=100</code>" in page
    assert "/sell/inventory/v1/&lt;b&gt;" in page
    later = {"action_type": "sync", "not_before": "2090-01-01T00:00:00Z"}
    job = hers.post("/api/etsy/jobs", json=later).json()["id"]
    sentences = re.sub(r"<[^>]+>", "", shown(hers, f"/monitoring/jobs/{alice}/{job}"))
    assert "until 2090-01-01 00:00:00 UTC" in sentences
    assert "until until" not in sentences
    assert "Nobody can know when" in sentences
    told = hers.get("/api/jobs/1/details").json()["calls"]
    assert [(call["code"], call["error"], call["took_ms"]) for call in told] == [
        (503, None, 41),
        (None, "No answer came.", 2000),
    ]

"""The pages of jobs and errors: each viewer's own, the way from a filter to an act on all that it means, one job whole."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
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
    form = {"act": "retry", "status": "failed"}
    assert hers.post("/monitoring/jobs/bulk", data=form | {"tenant": str(bob)}, headers=OURS).status_code == 404
    assert hers.post("/monitoring/jobs/retry", data={"tenant": bob, "job": 1}, headers=OURS).status_code == 404
    assert hers.post("/monitoring/jobs/bulk", data=form).status_code == 403  # no page of ours sent it
    done = hers.post("/monitoring/jobs/bulk", data=form, headers=OURS, follow_redirects=True).text
    assert "Of 1 jobs 1 were retried." in done
    assert "said to bob" in shown(his, "/monitoring/jobs?status=failed")


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

"""Lists, errors and acts over many jobs, over HTTP: each shows and changes what is its asker's, and nothing else."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.tenants.roles import change_role
from stoflow.wiring.tokens import access_tokens
from tests.harness.shop import Shop

Ask = Callable[..., httpx.Response]


def failed(shop: Shop, database: Database, tenant: TenantId, count: int = 2) -> list[int]:
    """Let jobs of a seller have failed, each with the seller's number in what it says."""
    jobs = [shop.submit(shop.product()).json()["id"] for _ in range(count)]
    with database.records() as connection:
        connection.execute(
            f"UPDATE user_{tenant}.marketplace_jobs SET status = 'failed', error_kind = 'refused',"
            f" completed_at = now(), error_message = 'said to seller {tenant}' WHERE id = ANY(%s)".encode(),
            [jobs],
        )
    return jobs


@pytest.fixture
def operator(shops: tuple[Shop, Shop], settings: Settings, database: Database, tenants: Callable[[], TenantId]) -> Ask:
    """Ask as an operator of a role."""
    made = tenants()

    def ask(method: str, path: str, role: Role = Role.ADMIN, **more: Any) -> httpx.Response:
        change_role(database, made, role, OPERATOR)
        token = access_tokens(settings).issue_access_token(made, role=role)
        return shops[0].client.request(method, path, headers={"Authorization": f"Bearer {token}"}, **more)

    return ask


def test_a_tenant_finds_and_changes_its_own_jobs_only(shops: tuple[Shop, Shop], database: Database) -> None:
    alice, bob = shops
    hers, his = failed(alice, database, TenantId(1)), failed(bob, database, TenantId(2), 3)
    said = {"text": "said to seller", "error_kind": "refused"}
    assert [job["id"] for job in alice.client.get("/api/jobs", params=said).json()["items"]] == hers[::-1]
    (error,) = alice.client.get("/api/errors").json()["items"]
    assert (error["failed"], error["tenants"], error["course"]) == (2, 1, "new")
    assert error["message"] == "said to seller 1"
    listed = alice.client.get("/api/jobs", params=error["filter"]).json()["items"]
    assert [job["id"] for job in listed] == hers[::-1]
    assert alice.client.get("/api/errors", params={"tenant": 2}).status_code == 422
    body = {"act": "retry", "filter": said}
    tried = alice.client.post("/api/jobs/bulk?dry_run=true", json=body).json()
    assert (tried["matching"], tried["changed"], tried["dry_run"]) == (2, 2, True)
    assert alice.client.post("/api/jobs/bulk", json={"act": "retry", "filter": {"tenant": 2}}).status_code == 422
    assert alice.client.post("/api/jobs/bulk", json=body).json()["changed"] == 2
    assert {job["status"] for job in bob.client.get("/api/jobs").json()["items"]} == {"failed"}
    details = bob.client.get(f"/api/jobs/{his[0]}/details").json()
    assert (details["tenant"], details["job"]["error"]) == (2, "said to seller 2")
    assert alice.client.get(f"/api/jobs/{his[-1]}/details").status_code == 404


def test_support_sees_everybodys_jobs_and_only_an_administrator_changes_them(
    shops: tuple[Shop, Shop], database: Database, operator: Ask
) -> None:
    alice, bob = shops
    hers, his = failed(alice, database, TenantId(1)), failed(bob, database, TenantId(2))
    everybodys = operator("GET", "/admin/jobs?status=failed&limit=3", Role.SUPPORT).json()
    rest = operator("GET", f"/admin/jobs?status=failed&limit=3&cursor={everybodys['next_cursor']}").json()
    found = [(job["tenant"], job["id"]) for job in everybodys["items"] + rest["items"]]
    assert found == [(2, job) for job in his[::-1]] + [(1, job) for job in hers[::-1]]
    assert rest["next_cursor"] is None
    (error,) = operator("GET", "/admin/errors", Role.SUPPORT).json()["items"]
    assert (error["failed"], error["tenants"]) == (4, 2)
    shown = operator("GET", f"/admin/tenants/1/jobs/{hers[0]}", Role.SUPPORT).json()
    assert shown["job"]["error"] == "said to seller 1"
    body = {"act": "retry", "filter": {"tenant": 1}}
    assert operator("POST", "/admin/jobs/bulk", Role.SUPPORT, json=body).status_code == 403
    assert operator("POST", "/admin/jobs/bulk", json=body).json()["changed"] == 2
    assert {job["status"] for job in bob.client.get("/api/jobs").json()["items"]} == {"failed"}
    (entry,) = operator("GET", "/admin/audit?tenant=1").json()["items"]
    assert (entry["act"], entry["actor"]["kind"], entry["detail"]["jobs"]) == ("jobs.retried", "admin", 2)


@pytest.mark.parametrize("path", ["/admin/jobs?tenant=99", "/admin/errors?tenant=99", "/admin/tenants/99/jobs/1"])
def test_a_tenant_that_there_is_not_is_not_found(operator: Ask, path: str) -> None:
    assert operator("GET", path).status_code == 404


@pytest.mark.parametrize("path", ["/admin/jobs", "/admin/errors", "/admin/tenants/2/jobs/1"])
def test_nobody_else_is_shown_everybodys_jobs(operator: Ask, shops: tuple[Shop, Shop], path: str) -> None:
    assert operator("GET", path, Role.USER).status_code == 403
    assert shops[0].client.get(path).status_code == 403

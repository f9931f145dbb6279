"""The snapshot over HTTP: everything where token and PostgreSQL both name the role, one's own otherwise."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.engine.processes import register_process
from stoflow.storage.tenants.roles import change_role
from stoflow.wiring.tokens import access_tokens

WAIT_S = 30


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"metrics_token": "scrape-me"})


@pytest.fixture
def snapshot(settings: Settings, real_url: str) -> Callable[..., dict[str, Any]]:
    def ask(tenant: TenantId, role: Role = Role.USER) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {access_tokens(settings).issue_access_token(tenant, role=role)}"}
        answer = httpx.get(f"{real_url}/monitoring/snapshot", headers=headers, timeout=WAIT_S)
        assert answer.status_code == 200
        return answer.json()

    return ask


def test_who_looks_after_stoflow_sees_everything_and_a_tenant_their_own(
    snapshot: Callable[..., dict[str, Any]], database: Database, tenants: Callable[[], TenantId]
) -> None:
    helper, seller = tenants(), tenants()
    change_role(database, helper, Role.SUPPORT, OPERATOR)

    assert snapshot(helper, Role.SUPPORT)["scope"] == "everything"
    assert snapshot(helper)["scope"] == "own"  # as a platform's token is, whoever it is for
    assert snapshot(seller, Role.ADMIN)["scope"] == "own"  # a role that was taken away
    own = snapshot(seller)
    assert (own["scope"], own["processes"], own["plugins"]) == ("own", [], 0)


def test_where_nobody_decides_and_nobody_works_it_says_so_and_what_to_do(
    snapshot: Callable[..., dict[str, Any]], tenant: TenantId
) -> None:
    found = snapshot(tenant)

    assert not found["well"]
    assert {each["kind"]: each["next"] for each in found["causes"] if each["harms"]} == {
        "no_orchestrator": "stoflow orchestrator",
        "no_worker": "stoflow worker",
    }
    assert [each["marketplace"] for each in found["marketplaces"]] == ["ebay", "etsy", "vinted"]


def test_nobody_looks_without_a_token(real_url: str) -> None:
    assert httpx.get(f"{real_url}/monitoring/snapshot", timeout=WAIT_S).status_code == 401


def test_metrics_are_for_whoever_has_their_token(real_url: str) -> None:
    def ask(authorization: str | None) -> httpx.Response:
        headers = {"Authorization": authorization} if authorization else {}
        return httpx.get(f"{real_url}/metrics", headers=headers, timeout=WAIT_S)

    assert [ask(given).status_code for given in (None, "Bearer another", "Basic scrape-me")] == [401, 401, 401]
    answer = ask("Bearer scrape-me")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert 'stoflow_processes{kind="worker"} 0.0' in answer.text
    assert answer.text.endswith("# EOF\n")
    # What a Prometheus that takes native histograms asks for, and one that prefers text.
    native = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
    for accept, is_native in (
        (f"{native},text/plain;q=0.5", True),
        (f"application/openmetrics-text,{native};q=0.6", False),
    ):
        headers = {"Authorization": "Bearer scrape-me", "Accept": accept}
        told = httpx.get(f"{real_url}/metrics", headers=headers, timeout=WAIT_S)
        assert told.headers["content-type"].startswith("application/vnd.google.protobuf; ") is is_native
        assert (b"stoflow_processes" in told.content, told.content.endswith(b"# EOF\n")) == (True, not is_native)


def test_without_a_token_for_them_nobody_reads_metrics(api: Any) -> None:
    answer = api.ask("GET", "/metrics")
    assert answer.status_code == 403
    assert "STOFLOW_METRICS_TOKEN" in answer.json()["detail"]


def test_deeply_ready_is_an_installation_in_which_somebody_decides_and_somebody_works(
    real_url: str, database: Database
) -> None:
    def ready(query: str = "?deep") -> httpx.Response:
        return httpx.get(f"{real_url}/readyz{query}", timeout=WAIT_S)

    assert ready("").status_code == 200
    assert (ready().status_code, ready().json()["part"]) == (503, "orchestrator")
    assert "`stoflow orchestrator`" in ready().json()["detail"]
    for kind, part in (("orchestrator", "worker"), ("worker", None)):
        with database.records() as connection:
            register_process(connection, kind, lease_s=60.0)
        assert ready("?deep=1").json().get("part") == part
    assert ready().status_code == 200
    assert ready("?deep=perhaps").status_code == 422

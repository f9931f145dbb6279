"""What concerns security is told once, in one line, with the address of whoever did it."""

import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.sync.client import connect

from stoflow.domain.ids import TenantId
from stoflow.http.auth.auth import TenantStatus
from stoflow.monitoring.lines import FIELDS
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import suspend_tenant
from stoflow.wiring.tokens import access_tokens
from tests.harness.raw_socket import RawSocket

ELSEWHERE = "127.9.9.9"
PASSWORD = "correct horse battery"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"registration": "open"})


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[str], list[str]]:
    """What the log said, and from where whoever caused it came."""
    caplog.set_level(logging.INFO)

    def lines() -> Iterator[str]:
        for line in caplog.records:
            yield f"{line.getMessage()} [from {getattr(line, FIELDS, {}).get('client')}]"

    return lambda words: [line for line in lines() if words in line]


@pytest.fixture
def elsewhere(real_url: str) -> Iterator[httpx.Client]:
    """Somebody at another machine."""
    way = httpx.HTTPTransport(local_address=ELSEWHERE)
    with httpx.Client(base_url=real_url, transport=way, timeout=30) as client:
        yield client


@pytest.mark.parametrize("token", ["a.b.c", "x" * 5000])
def test_a_refused_token_is_told_once_with_the_address_it_came_from(elsewhere: Any, told: Any, token: str) -> None:
    assert elsewhere.get("/api/jobs", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert told("refused") == [f"A token was refused: The token is not valid. [from {ELSEWHERE}]"]


def test_a_token_that_a_socket_brings_is_told_of_too(api: Any, told: Any) -> None:
    socket: RawSocket = api.socket()
    socket.send('40{"token":"a.b.c","client":"frontend"}')
    assert socket.refusal()
    socket.until_closed()
    assert told("token was refused") == ["A token was refused: The token is not valid. [from 127.0.0.1]"]


def test_a_refused_refresh_token_and_a_refused_platform_key_are_told_of(elsewhere: Any, told: Any) -> None:
    assert elsewhere.post("/auth/refresh", json={"refresh_token": "sfr_unknown"}).status_code == 401
    key = {"Authorization": "Bearer sfp_unknown"}
    assert elsewhere.post("/platform/tenants", json={"email": "a@example.com"}, headers=key).status_code == 401
    assert len(told("A token was refused")) == 2
    assert len(told(f"[from {ELSEWHERE}]")) == 2
    assert told("unknown") == []


def test_a_suspended_seller_who_comes_is_told_of(api: Any, told: Any) -> None:
    api.use_cases.status_of_tenant[api.alice] = TenantStatus.SUSPENDED
    assert api.ask("GET", "/api/jobs").status_code == 403
    assert told("turned away") == [f"Tenant {api.alice}, who is suspended, was turned away. [from 127.0.0.1]"]


def test_a_suspension_and_who_signs_in_all_the_same_are_told_of(elsewhere: Any, told: Any, database: Database) -> None:
    made = elsewhere.post("/auth/register", json={"email": "anna@example.com", "password": PASSWORD})
    assert made.status_code == 201, made.text
    tenant = TenantId(int(told("has registered")[0].split()[1]))
    suspend_tenant(database, tenant)
    body = {"email": "anna@example.com", "password": PASSWORD}
    assert elsewhere.post("/auth/login", json=body).status_code == 403
    assert told("turned away") == [f"Tenant {tenant}, who is suspended, was turned away. [from {ELSEWHERE}]"]


def test_signing_in_and_failing_to_are_told_with_the_address(elsewhere: Any, told: Any) -> None:
    body = {"email": "anna@example.com", "password": PASSWORD}
    assert elsewhere.post("/auth/register", json=body).status_code == 201
    assert elsewhere.post("/auth/login", json=body).status_code == 200
    assert elsewhere.post("/auth/login", json={**body, "password": "wrong"}).status_code == 401
    assert len(told("has signed in.")) == len(told("A password was wrong")) == 1
    assert all(
        line.endswith(f"[from {ELSEWHERE}]") for line in (*told("has signed in."), *told("A password was wrong"))
    )
    assert told(PASSWORD) == told("anna@") == []


def test_a_refused_consent_is_told_of(elsewhere: Any, told: Any) -> None:
    assert elsewhere.get("/api/ebay/oauth/callback?state=1.forged&code=c").status_code == 400
    (line,) = told("consent at ebay was refused")
    assert line.endswith(f"[from {ELSEWHERE}]")


def test_an_answer_to_a_command_that_nobody_sent_is_told_of(
    real_url: str, settings: Settings, tenants: Callable[[], TenantId], told: Any
) -> None:
    tenant = tenants()
    token = access_tokens(settings).issue_access_token(tenant)
    with connect(real_url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket") as connection:
        plugin = RawSocket(connection)
        plugin.read()
        plugin.hello({"token": token, "client": "plugin", "plugin_id": "laptop"})
        plugin.send(f'421["plugin_response",{{"request_id":"{uuid4()}","success":true}}]')
        while not plugin.read().startswith("431"):
            pass
    words = f"A plugin of tenant {tenant} answered a command that it was not sent; nothing changed. [from 127.0.0.1]"
    assert told("was not sent") == [words]

"""A platform brings its own sellers: the api before the real use cases, and the command that makes keys."""

import json
import logging
from collections.abc import Callable, Iterator

import httpx
import pytest
from click.testing import CliRunner, Result

from stoflow.cli.work.platform_keys import platform_keys
from stoflow.domain.ids import TenantId
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import suspend_tenant
from tests.harness.trust import TRUST

MARKET, ANNA = "Market Square", "anna@square.example"
Command = Callable[..., Result]


@pytest.fixture
def client(real_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(verify=TRUST, base_url=real_url, timeout=30) as opened:
        yield opened


@pytest.fixture
def command(settings: Settings) -> Command:
    return lambda *words: CliRunner().invoke(platform_keys, words, obj=settings)


@pytest.fixture
def key(command: Command) -> str:
    made = command("create", MARKET)
    assert made.exit_code == 0, made.output
    return made.stdout.strip()


def make(client: httpx.Client, key: str, email: str = ANNA) -> httpx.Response:
    return client.post("/platform/tenants", json={"email": email}, headers={"Authorization": f"Bearer {key}"})


def mint(client: httpx.Client, key: str, tenant: int) -> httpx.Response:
    return client.post(f"/platform/tenants/{tenant}/tokens", headers={"Authorization": f"Bearer {key}"})


def test_a_platform_makes_a_tenant_whose_token_opens_the_door(client: httpx.Client, key: str) -> None:
    made = make(client, key)
    assert made.status_code == 201, made.text
    minted = mint(client, key, made.json()["id"])
    assert (minted.status_code, minted.json()["expires_in"]) == (201, 900)
    headers = {"Authorization": f"Bearer {minted.json()['access_token']}"}
    assert client.get("/api/products", headers=headers).json()["items"] == []
    assert client.post("/auth/login", json={"email": ANNA, "password": "!"}).status_code == 401


def test_a_tenant_asked_for_again_is_the_same_one(client: httpx.Client, key: str, command: Command) -> None:
    first, again = make(client, key), make(client, key, ANNA.upper())
    assert (again.status_code, again.json()) == (200, first.json())
    newer = command("create", MARKET).stdout.strip()
    assert make(client, newer).json() == first.json()
    assert mint(client, newer, first.json()["id"]).status_code == 201


def test_a_platform_reaches_its_own_tenants_only(
    client: httpx.Client, key: str, command: Command, tenant: TenantId
) -> None:
    other = command("create", "Fair").stdout.strip()
    hers = make(client, key).json()["id"]
    assert [mint(client, key, tenant).status_code, mint(client, other, hers).status_code] == [404, 404]
    assert mint(client, key, 2**31 - 1).status_code == 404
    assert [make(client, other).status_code, make(client, key, "seller1@example.com").status_code] == [409, 409]


def test_a_suspended_tenant_has_no_token(client: httpx.Client, key: str, database: Database) -> None:
    hers = make(client, key).json()["id"]
    suspend_tenant(database, TenantId(hers))
    assert mint(client, key, hers).status_code == 403


def test_a_key_opens_what_its_scopes_say_and_nothing_below_api(client: httpx.Client, command: Command) -> None:
    makes = command("create", MARKET, "--scope", "tenants:create").stdout.strip()
    mints = command("create", MARKET, "--scope", "tokens:mint").stdout.strip()
    hers = make(client, makes).json()["id"]
    assert mint(client, makes, hers).status_code == 403
    assert make(client, mints).status_code == 403
    assert mint(client, mints, hers).status_code == 201
    assert client.get("/api/jobs", headers={"Authorization": f"Bearer {mints}"}).status_code == 401


@pytest.mark.parametrize("given", ["", "sfk_unknown", "sfr_unknown", "x"])
def test_without_a_key_nothing_opens(client: httpx.Client, given: str) -> None:
    answers = [make(client, given or "-"), mint(client, given or "-", 1)]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert client.post("/platform/tenants", json={"email": ANNA}).status_code == 401


def test_two_keys_in_one_request_are_refused(client: httpx.Client, key: str) -> None:
    headers = [("Authorization", f"Bearer {key}"), ("Authorization", "Bearer sfk_other")]
    assert client.post("/platform/tenants/1/tokens", headers=headers).status_code == 422


def test_a_revoked_key_opens_nothing_and_is_listed_as_such(client: httpx.Client, key: str, command: Command) -> None:
    make(client, key)
    assert command("revoke", "1").exit_code == 0
    assert make(client, key).status_code == 401
    (listed,) = json.loads(command("list", "--json").stdout)
    assert (listed["platform"], listed["scopes"]) == (
        MARKET,
        [
            "tenants:create",
            "tokens:mint",
            "tenants:export",
            "tenants:delete",
            "webhooks:keep",
            "quotas:keep",
            "credits:grant",
        ],
    )
    assert None not in {listed["revoked_at"], listed["last_used_at"]}
    assert MARKET in command("list").stdout
    unknown = command("revoke", "99")
    assert (unknown.exit_code, unknown.stdout) == (1, "")


def test_the_text_of_a_key_is_kept_nowhere(
    client: httpx.Client, key: str, command: Command, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    minted = mint(client, key, make(client, key).json()["id"]).json()
    with database.records() as connection:
        rows = connection.execute("SELECT k::text AS row FROM public.platform_keys k").fetchall()
    told = caplog.text + command("list", "--json").output + rows[0]["row"]
    assert f"made by the platform {MARKET}" in told
    assert key not in told
    assert minted["access_token"] not in told

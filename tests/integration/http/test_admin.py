"""Those who look after tenants: what each role may do, how soon it holds everywhere, and that it is told of."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from click.testing import CliRunner, Result
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from stoflow.cli.work.audit import audit
from stoflow.cli.work.platform_keys import platform_keys
from stoflow.cli.work.tenant import tenant as tenant_command
from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role, role_of
from stoflow.http.routes import find_operations
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.tenants.roles import change_role
from stoflow.wiring.tokens import access_tokens
from tests.harness.processes import api_processes
from tests.harness.trust import TRUST

WAIT_S = 30
STOPS_WITHIN_S = 5
ADMINS = [one for one in find_operations() if one.path.startswith("/admin/")]
PASSWORD = "correct horse battery"
Ask = Callable[..., httpx.Response]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"registration": "open"})


@pytest.fixture
def tokens(settings: Settings) -> Callable[..., str]:
    issue = access_tokens(settings).issue_access_token
    return lambda tenant, role=Role.USER: issue(tenant, role=role)


@pytest.fixture
def admin(database: Database, tenants: Callable[[], TenantId]) -> TenantId:
    made = tenants()
    change_role(database, made, Role.ADMIN, OPERATOR)
    return made


@pytest.fixture
def ask(real_url: str, tokens: Callable[..., str], admin: TenantId) -> Iterator[Ask]:
    """Ask as the administrator, or with another token."""
    with httpx.Client(verify=TRUST, base_url=real_url, timeout=WAIT_S) as client:

        def ask(method: str, path: str, token: str | None = None, **more: Any) -> httpx.Response:
            headers = {"Authorization": f"Bearer {token or tokens(admin, Role.ADMIN)}"}
            return client.request(method, path, headers=headers, **more)

        yield ask


def command(settings: Settings, *words: str, group: Any = tenant_command) -> Result:
    return CliRunner().invoke(group, words, obj=settings)


def acts(ask: Ask, **more: Any) -> list[tuple[str, str, int | None]]:
    items = ask("GET", "/admin/audit", params=more).json()["items"]
    return [(f"{one['actor']['kind']} {one['actor']['name']}".strip(), one["act"], one["tenant"]) for one in items]


def test_a_greater_role_is_good_for_what_lesser_ones_are_and_an_unknown_one_is_a_users() -> None:
    assert [[mine.covers(needed) for needed in Role] for mine in Role] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
    assert (role_of("admin"), role_of("owner"), role_of("")) == (Role.ADMIN, Role.USER, Role.USER)


def test_tenants_are_listed_in_pages_and_found(ask: Ask, tenants: Callable[[], TenantId]) -> None:
    made = [tenants() for _ in range(3)]
    first = ask("GET", "/admin/tenants", params={"limit": 2}).json()
    rest = ask("GET", "/admin/tenants", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == [1, *made]
    assert (first["items"][0]["role"], first["items"][0]["state"], rest["next_cursor"]) == ("admin", "active", None)
    found = ask("GET", "/admin/tenants", params={"search": "SELLER3@"}).json()["items"]
    assert [one["email"] for one in found] == ["seller3@example.com"]
    assert ask("GET", "/admin/tenants", params={"search": "seller_@"}).json()["items"] == []
    assert ask("GET", f"/admin/tenants/{made[0]}").json()["email"] == "seller2@example.com"
    assert ask("GET", "/admin/tenants/999").status_code == 404


@pytest.mark.parametrize("operation", ADMINS, ids=lambda one: one.name)
def test_each_needs_its_role_in_the_token_and_in_postgresql(
    ask: Ask, tokens: Callable[..., str], tenants: Callable[[], TenantId], database: Database, operation: Any
) -> None:
    user, job = tenants(), ask("POST", "/api/ebay/jobs", json={"action_type": "sync"}).json()["id"]
    path = operation.path.format(id=1, job=job)
    shown = operation.body.model_config.get("json_schema_extra")

    def status(token: str) -> int:
        return ask(operation.method, path, token, json=shown["examples"][0] if shown else None).status_code

    assert status(tokens(user)) == 403
    assert status(tokens(user, Role.ADMIN)) == 403  # it was taken away
    change_role(database, user, operation.role, OPERATOR)
    assert status(tokens(user)) == 403  # the token is from before
    assert status(tokens(user, operation.role)) in {200, 201}
    change_role(database, user, Role.USER, OPERATOR)
    assert status(tokens(user, operation.role)) == 403


def test_nothing_below_admin_is_open_without_a_token(real_url: str) -> None:
    for path in ("/admin/tenants", "/admin/nothing", "/admin/"):
        assert httpx.get(f"{real_url}{path}").status_code == 401, path


def test_who_signs_in_has_their_role_in_the_token_after_the_next_refresh(ask: Ask, settings: Settings) -> None:
    made = ask("POST", "/auth/register", json={"email": "eve@example.com", "password": PASSWORD}).json()
    assert ask("GET", "/admin/tenants", made["access_token"]).status_code == 403
    assert command(settings, "role", str(made["tenant"]), "support").exit_code == 0
    assert ask("GET", "/admin/tenants", made["access_token"]).status_code == 403
    fresh = ask("POST", "/auth/refresh", json={"refresh_token": made["refresh_token"]}).json()["access_token"]
    assert ask("GET", "/admin/tenants", fresh).status_code == 200
    assert ask("POST", f"/admin/tenants/{made['tenant']}/suspend", fresh).status_code == 403
    assert command(settings, "role", str(made["tenant"]), "owner").exit_code == 2
    assert command(settings, "role", "999", "user").exit_code == 1


def test_a_tenant_is_suspended_and_goes_on(ask: Ask, tenants: Callable[[], TenantId], admin: TenantId) -> None:
    seller = tenants()
    assert ask("POST", f"/admin/tenants/{seller}/suspend").json()["state"] == "suspended"
    assert [one["id"] for one in ask("GET", "/admin/tenants?state=suspended").json()["items"]] == [seller]
    assert ask("POST", f"/admin/tenants/{seller}/resume").json()["state"] == "active"
    assert ask("POST", f"/admin/tenants/{admin}/suspend").status_code == 409
    assert ask("POST", "/admin/tenants/999/suspend").status_code == 404


def test_an_administrator_ends_all_sign_ins(ask: Ask) -> None:
    made = ask("POST", "/auth/register", json={"email": "eve@example.com", "password": PASSWORD}).json()
    assert ask("POST", f"/admin/tenants/{made['tenant']}/sign-out").json() == {"ended": 1}
    assert ask("POST", "/auth/refresh", json={"refresh_token": made["refresh_token"]}).status_code == 401
    assert ask("POST", f"/admin/tenants/{made['tenant']}/sign-out").json() == {"ended": 0}


def test_what_people_did_is_told_newest_first_and_in_pages(ask: Ask, settings: Settings, admin: TenantId) -> None:
    made = ask("POST", "/auth/register", json={"email": "eve@example.com", "password": PASSWORD}).json()
    eve, token = made["tenant"], made["access_token"]
    changed = {"current_password": PASSWORD, "new_password": "another long password"}
    second = ask("POST", "/api/account/password", token, json=changed).json()
    third = ask("POST", "/auth/refresh", json={"refresh_token": second["refresh_token"]}).json()
    ask("POST", "/auth/refresh", json={"refresh_token": second["refresh_token"]})  # the second time
    ask("POST", "/auth/logout", json={"refresh_token": third["refresh_token"]})  # is over already: nobody did anything
    again = ask("POST", "/auth/login", json={"email": "eve@example.com", "password": "another long password"}).json()
    ask("POST", "/auth/logout", json={"refresh_token": again["refresh_token"]})
    ask("POST", f"/admin/tenants/{eve}/suspend")
    ask("POST", f"/admin/tenants/{eve}/resume")
    command(settings, "create", "Market", group=platform_keys)
    command(settings, "revoke", "1", group=platform_keys)
    told = acts(ask)
    assert told == [
        ("operator", "platform_key.revoked", None),
        ("operator", "platform_key.made", None),
        (f"admin {admin}", "tenant.resumed", eve),
        (f"admin {admin}", "tenant.suspended", eve),
        (f"tenant {eve}", "sign_in.ended", eve),
        ("stoflow", "sign_in.revoked", eve),
        (f"tenant {eve}", "password.changed", eve),
        ("operator", "role.changed", admin),
    ]
    assert acts(ask, tenant=eve) == told[2:7]
    first = ask("GET", "/admin/audit", params={"limit": 3}).json()
    assert acts(ask, cursor=first["next_cursor"]) == told[3:]
    as_command = json.loads(command(settings, "--json", "--limit", "3", group=audit).stdout)
    assert as_command == first
    assert "operator" in command(settings, group=audit).stdout


@pytest.mark.parametrize("statement", ["UPDATE public.audit_log SET act = 'x'", "DELETE FROM public.audit_log",
                                       "TRUNCATE public.audit_log"])  # fmt: skip
def test_the_audit_log_is_only_ever_added_to(settings: Settings, admin: TenantId, statement: str) -> None:
    with (
        psycopg.connect(str(settings.database_url)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added to"),
    ):
        connection.execute(statement.encode())
    assert admin


def test_an_act_that_cannot_be_told_of_is_not_done(ask: Ask, settings: Settings, tenants: Callable[..., Any]) -> None:
    seller = tenants()
    with psycopg.connect(str(settings.database_url), autocommit=True) as connection:
        connection.execute("ALTER TABLE public.audit_log ADD CHECK (act <> 'tenant.suspended') NOT VALID")
        assert ask("POST", f"/admin/tenants/{seller}/suspend").status_code == 500
        assert ask("GET", f"/admin/tenants/{seller}").json()["state"] == "active"


@contextmanager
def socket_of(client: httpx.Client, token: str) -> Iterator[ClientConnection]:
    address = str(client.base_url).replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
    with connect(address) as socket:
        socket.recv(timeout=WAIT_S)
        socket.send("40" + json.dumps({"token": token, "client": "frontend"}))
        assert str(socket.recv(timeout=WAIT_S)).startswith("40")
        yield socket


def wait_closed(socket: ClientConnection) -> None:
    with pytest.raises(ConnectionClosed):
        while True:
            socket.recv(timeout=STOPS_WITHIN_S)


def wait_refused(clients: Sequence[httpx.Client], token: str, status: int) -> None:
    until = time.monotonic() + STOPS_WITHIN_S
    headers = {"Authorization": f"Bearer {token}"}
    while {client.get("/api/jobs", headers=headers).status_code for client in clients} != {status}:
        assert time.monotonic() < until, "the door is still open"


def test_a_suspended_tenant_stops_within_five_seconds_in_every_process_sockets_too(
    settings: Settings, tokens: Callable[..., str], admin: TenantId
) -> None:
    with api_processes(settings) as (first, second):
        made = first.post("/auth/register", json={"email": "eve@example.com", "password": PASSWORD}).json()
        eve, hers, ours = made["tenant"], made["access_token"], tokens(admin, Role.ADMIN)
        with socket_of(first, hers) as here, socket_of(second, hers) as there, socket_of(second, ours) as neighbour:
            as_admin = {"Authorization": f"Bearer {ours}"}
            began = time.monotonic()
            assert first.post(f"/admin/tenants/{eve}/suspend", headers=as_admin).status_code == 200
            wait_refused([first, second], hers, 403)
            wait_closed(here)
            wait_closed(there)
            assert time.monotonic() - began < STOPS_WITHIN_S
            neighbour.ping().wait(WAIT_S)
            assert first.post(f"/admin/tenants/{eve}/resume", headers=as_admin).status_code == 200
        wait_refused([first, second], hers, 200)
        with socket_of(second, hers) as there:
            assert first.post(f"/admin/tenants/{eve}/sign-out", headers=as_admin).status_code == 200
            wait_refused([first, second], hers, 401)
            wait_closed(there)

"""A tenant leaves: all they have is exported, and then nothing of them is left anywhere, whatever dies meanwhile."""

import io
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import psycopg
import pytest
import redis
from click.testing import CliRunner
from PIL import Image

from stoflow.cli.work.platform_keys import platform_keys
from stoflow.cli.work.tenant import tenant as tenant_command
from stoflow.domain.errors import Conflict, DatabaseUnavailable, PhotosUnavailable
from stoflow.domain.ids import TenantId
from stoflow.resources.products.media import MediaFolder
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import resume_tenant
from stoflow.storage.tenants import deletions
from stoflow.storage.tenants.deletions import Step
from stoflow.upkeep.deleting_tenants import TenantDeletions
from stoflow.wiring.installation import Installation, opened
from stoflow.wiring.tokens import access_tokens
from tests.harness.trust import TRUST

CANARY = "qanary7391"
PASSWORD = f"correct horse {CANARY}"
PRODUCT = {"title": f"Coat {CANARY}", "description": f"{CANARY} wool", "price": {"amount": "12.50", "currency": "EUR"}}
WAIT_S = 60


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"registration": "open"})


@pytest.fixture
def installation(settings: Settings) -> Iterator[Installation]:
    with opened(settings, with_redis=False) as it:
        yield it


@pytest.fixture
def deleting(installation: Installation) -> TenantDeletions:
    return TenantDeletions(installation, lease_s=0, wait_s=0, settled_after_s=0)


@pytest.fixture
def client(real_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(verify=TRUST, base_url=real_url, timeout=WAIT_S) as opened_client:
        yield opened_client


def a_photo() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (600, 600), "green").save(content, "JPEG", comment=CANARY.encode())
    return content.getvalue()


@pytest.fixture
def leaver(client: httpx.Client, installation: Installation, database: Database) -> dict[str, Any]:
    """A seller whose canary is wherever sellers leave something."""
    made = client.post(
        "/auth/register", json={"email": f"{CANARY}@example.com", "password": PASSWORD, "full_name": f"Anna {CANARY}"}
    ).json()
    tenant = TenantId(made["tenant"])
    headers = {"Authorization": f"Bearer {made['access_token']}"}
    product = client.post("/api/products", json=PRODUCT, headers=headers).json()["id"]
    job = {"action_type": "publish", "product_id": product, "payload": {"note": CANARY}}
    client.post("/api/ebay/jobs", json=job, headers={**headers, "X-Request-ID": CANARY, "Idempotency-Key": CANARY})
    installation.media.keep(tenant, a_photo())
    (installation.media.root / str(tenant) / f"{CANARY}.jpg").write_bytes(CANARY.encode())
    with database.records() as connection:
        connection.execute(
            f"INSERT INTO user_{tenant}.connections (marketplace, external_id, state, secret)"
            f" VALUES ('ebay', '{CANARY}', 'connected', 'sealed-{CANARY}')".encode()
        )
        connection.execute(f"INSERT INTO public.platform_tenants VALUES ({tenant}, 'Market')".encode())
    return {**made, "headers": headers, "product": product}


@pytest.fixture
def neighbour(client: httpx.Client, settings: Settings, tenants: Callable[[], TenantId]) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {access_tokens(settings).issue_access_token(tenants())}"}
    assert client.post("/api/products", json={"title": "Hat"}, headers=headers).status_code == 201
    return headers


TABLES = """
SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""


def found_in_database(settings: Settings, what: str) -> list[str]:
    """Return the tables of all schemas in which it stands, and those that are called so."""
    with psycopg.connect(str(settings.database_url), autocommit=True) as connection:
        names = [row[0] for row in connection.execute(TABLES)]
        return [name for name in names if what in name or _holds(connection, name, what)]


def _holds(connection: psycopg.Connection[Any], table: str, what: str) -> bool:
    asked = f"SELECT EXISTS (SELECT FROM {table} t WHERE t::text LIKE '%%' || %s || '%%')"
    row = connection.execute(asked.encode(), [what]).fetchone()
    return bool(row and row[0])


def found_in_redis(settings: Settings, what: str) -> list[bytes]:
    """Return the keys which name it or hold it, in whatever way."""
    with redis.Redis.from_url(str(settings.redis_url)) as server:
        return [key for key in server.scan_iter() if what.encode() in key + (server.dump(key) or b"")]


def found_in_files(settings: Settings, what: str) -> list[Path]:
    files = [file for file in settings.home.rglob("*") if file.is_file()]
    return [file for file in files if what in file.name or what.encode() in file.read_bytes()]


def assert_nothing_is_left(settings: Settings, tenant: int, log: str) -> None:
    assert found_in_database(settings, CANARY) == []
    assert found_in_database(settings, f"user_{tenant}") == []
    assert found_in_redis(settings, CANARY) == []
    assert found_in_files(settings, CANARY) == []
    assert not (settings.home / "media" / str(tenant)).exists()
    assert CANARY not in log


def our_lines(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("stoflow"))


def rows(database: Database, statement: str) -> list[dict[str, Any]]:
    with database.records() as connection:
        return connection.execute(statement.encode()).fetchall()


def test_the_search_finds_what_there_is(settings: Settings, leaver: dict[str, Any]) -> None:
    theirs = [f"user_{leaver['tenant']}.{table}" for table in ("products", "marketplace_jobs", "connections")]
    assert set(found_in_database(settings, CANARY)) == {"users", *theirs}
    assert found_in_database(settings, f"user_{leaver['tenant']}")
    assert found_in_files(settings, CANARY)
    with redis.Redis.from_url(str(settings.redis_url)) as server:
        server.hset("somewhere", "field", f"x{CANARY}y")
        assert found_in_redis(settings, CANARY) == [b"somewhere"]


def test_who_leaves_with_their_password_leaves_nothing_behind(
    client: httpx.Client,
    settings: Settings,
    leaver: dict[str, Any],
    neighbour: dict[str, str],
    deleting: TenantDeletions,
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = leaver["headers"]
    wrong = client.post("/api/account/deletion", json={"password": "another one"}, headers=headers)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "current_password")
    asked = [client.post("/api/account/deletion", json={"password": PASSWORD}, headers=headers) for _ in range(2)]
    assert [(one.status_code, one.json()) for one in asked] == [(202, {"step": "closing"})] * 2
    deleting.turn()
    assert rows(database, "SELECT FROM public.tenant_deletions") == []
    assert_nothing_is_left(settings, leaver["tenant"], our_lines(caplog))
    assert client.post("/auth/refresh", json={"refresh_token": leaver["refresh_token"]}).status_code == 401
    assert client.get("/api/products", headers=neighbour).json()["items"][0]["title"] == "Hat"
    acts = rows(database, "SELECT act, actor_kind FROM public.audit_log ORDER BY id")
    assert [tuple(row.values()) for row in acts] == [("tenant.deletion_asked", "tenant"), ("tenant.deleted", "stoflow")]
    again = client.post("/auth/register", json={"email": f"{CANARY}@example.com", "password": PASSWORD}).json()
    assert again["tenant"] > leaver["tenant"]


@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("times", [1, 2])
def test_a_deletion_goes_on_wherever_it_is_cut_off(
    settings: Settings,
    leaver: dict[str, Any],
    deleting: TenantDeletions,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    step: Step,
    times: int,
) -> None:
    """Cut off after the step was done, and before that was written down."""
    tenant, left = TenantId(leaver["tenant"]), times
    name = "finish_deletion" if step is Step.LAST else "advance"
    real = getattr(deletions, name)

    def dying(database: Database, about: Any) -> None:
        nonlocal left
        if (step is Step.LAST or about.step is step) and left:
            left -= 1
            raise KeyboardInterrupt
        real(database, about)

    monkeypatch.setattr(deletions, name, dying)
    deletions.ask_deletion(database, tenant, Step.ENDING, deletions.STOFLOW)
    for _ in range(times):
        with pytest.raises(KeyboardInterrupt):
            deleting.turn()
    deleting.turn()
    assert left == 0
    assert_nothing_is_left(settings, tenant, "")


CHILD = """
import sys
from stoflow.monitoring.failpoints import arm_text
from stoflow.settings import load
from stoflow.upkeep.deleting_tenants import TenantDeletions
from stoflow.wiring.installation import opened

arm_text(sys.argv[1])
with opened(load(env_file=None), with_redis=False) as installation:
    TenantDeletions(installation, lease_s=0, wait_s=0, settled_after_s=0).turn()
"""


def a_turn_of_another_process(settings: Settings, failpoints: str) -> int:
    """Turn deletions in a process of its own, which may be struck; return how it ended."""
    names = {"STOFLOW_DATABASE_URL": settings.database_url, "STOFLOW_REDIS_URL": settings.redis_url}
    variables = {
        **os.environ,
        **{name: str(value) for name, value in names.items()},
        "STOFLOW_HOME": str(settings.home),
    }
    return subprocess.run(
        [sys.executable, "-c", CHILD, failpoints], env=variables, timeout=WAIT_S, check=False
    ).returncode


def test_a_deletion_is_finished_by_another_process_though_one_is_killed_in_each_step(
    settings: Settings, leaver: dict[str, Any], database: Database
) -> None:
    """Each is killed when a step was done and is not written down; the next one does it again and dies in the one after."""
    tenant = TenantId(leaver["tenant"])
    deletions.ask_deletion(database, tenant, Step.ENDING, deletions.STOFLOW)
    reached = list[str]()
    for number, _ in enumerate(Step):
        assert a_turn_of_another_process(settings, f"deletion.step.after=kill@{min(number, 1) + 1}") == -signal.SIGKILL
        reached += [row["step"] for row in rows(database, "SELECT step FROM public.tenant_deletions")]
    assert reached == list(Step)
    assert a_turn_of_another_process(settings, "") == 0
    assert rows(database, "SELECT FROM public.tenant_deletions") == []
    assert_nothing_is_left(settings, tenant, "")


def test_photos_that_cannot_be_reached_are_removed_later(
    settings: Settings,
    leaver: dict[str, Any],
    deleting: TenantDeletions,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tenant = TenantId(leaver["tenant"])
    deletions.ask_deletion(database, tenant, Step.CLOSING, deletions.STOFLOW)
    with monkeypatch.context() as away:

        def forget(*_: object) -> None:
            raise PhotosUnavailable("The bucket of photos does not answer.")

        away.setattr(MediaFolder, "forget", forget)
        deleting.turn()
        assert rows(database, "SELECT step FROM public.tenant_deletions") == [{"step": "photos"}]
    deleting.turn()
    assert_nothing_is_left(settings, tenant, "")


def test_what_is_for_sale_is_ended_before_anything_else_where_that_is_asked_for(
    leaver: dict[str, Any], deleting: TenantDeletions, database: Database
) -> None:
    tenant, product = TenantId(leaver["tenant"]), leaver["product"]
    schema = f"user_{tenant}"
    listing = f"({product}, 'ebay', 'L1', true)"
    rows(
        database,
        f"INSERT INTO {schema}.listings (product_id, marketplace, external_id, visible) VALUES {listing} RETURNING 1 AS x",
    )
    deletions.ask_deletion(database, tenant, Step.ENDING, deletions.STOFLOW)
    deleting.turn()
    jobs = rows(database, f"SELECT status FROM {schema}.marketplace_jobs j JOIN public.marketplace_action_types a"
                          " ON a.id = j.action_type_id WHERE a.code = 'delete'")  # fmt: skip
    assert len(jobs) == 1
    deleting.turn()
    assert rows(database, "SELECT step FROM public.tenant_deletions") == [{"step": "ending"}]
    rows(database, f"UPDATE {schema}.marketplace_jobs SET status = 'completed' RETURNING 1 AS x")
    rows(database, f"UPDATE {schema}.listings SET visible = false RETURNING 1 AS x")
    deleting.turn()
    assert rows(database, "SELECT FROM public.users WHERE id = " + str(tenant)) == []


def test_a_listing_that_cannot_be_ended_is_waited_for_for_a_day(
    leaver: dict[str, Any], deleting: TenantDeletions, database: Database
) -> None:
    tenant = TenantId(leaver["tenant"])
    values = f"({leaver['product']}, 'vinted', 'L1', true)"
    plugin_was_there(database, tenant)
    rows(
        database,
        f"INSERT INTO user_{tenant}.listings (product_id, marketplace, external_id, visible) VALUES {values} RETURNING 1 AS x",
    )
    deletions.ask_deletion(database, tenant, Step.ENDING, deletions.STOFLOW)
    deleting.turn()
    assert rows(database, "SELECT step FROM public.tenant_deletions") == [{"step": "ending"}]
    rows(database, "UPDATE public.tenant_deletions SET step_since = now() - interval '25 hours' RETURNING 1 AS x")
    deleting.turn()
    assert rows(database, "SELECT FROM public.tenant_deletions") == []


def test_what_nobody_can_end_is_not_waited_for_and_told_of(
    leaver: dict[str, Any], deleting: TenantDeletions, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    tenant, product = TenantId(leaver["tenant"]), leaver["product"]
    left = f"({product}, 'vinted', 'L1', true), ({product}, 'etsy', 'L2', true)"
    rows(
        database,
        f"INSERT INTO user_{tenant}.listings (product_id, marketplace, external_id, visible) VALUES {left} RETURNING 1 AS x",
    )
    deletions.ask_deletion(database, tenant, Step.ENDING, deletions.STOFLOW)
    deleting.turn()
    assert rows(database, f"SELECT FROM public.users WHERE id = {tenant}") == []
    said = [line for line in our_lines(caplog).splitlines() if "are left on" in line]
    assert said == [f"1 listings of tenant {tenant} are left on {place}: not reached." for place in ("etsy", "vinted")]


def plugin_was_there(database: Database, tenant: TenantId) -> None:
    rows(
        database,
        "INSERT INTO public.plugin_presence (tenant, plugin_id, socket_id, connected)"
        f" VALUES ({tenant}, 'laptop', 'gone', false) RETURNING 1 AS x",
    )


def test_who_is_being_deleted_does_not_come_back(leaver: dict[str, Any], database: Database) -> None:
    tenant = TenantId(leaver["tenant"])
    deletions.ask_deletion(database, tenant, Step.CLOSING, deletions.STOFLOW)
    deletions.close_account(database, tenant)
    with pytest.raises(Conflict):
        resume_tenant(database, tenant)


def test_a_schema_that_others_hold_is_waited_for_and_nobody_waits_behind_it(
    client: httpx.Client,
    leaver: dict[str, Any],
    neighbour: dict[str, str],
    deleting: TenantDeletions,
    database: Database,
) -> None:
    tenant = TenantId(leaver["tenant"])
    deletions.ask_deletion(database, tenant, Step.CLOSING, deletions.STOFLOW)
    with database.records() as connection:
        connection.execute(f"SELECT FROM user_{tenant}.products FOR UPDATE".encode())
        deletions_turn_once(deleting)
        assert client.post("/api/products", json={"title": "Cap"}, headers=neighbour).status_code == 201
        assert rows(database, "SELECT step FROM public.tenant_deletions") == [{"step": "dropping"}]
    rows(database, "UPDATE public.tenant_deletions SET next_at = now() RETURNING 1 AS x")
    deleting.turn()
    assert rows(database, "SELECT FROM public.tenant_deletions") == []


def deletions_turn_once(deleting: TenantDeletions) -> None:
    """Turn until the step that cannot be done now was tried."""
    patient = TenantDeletions(deleting.needs, lease_s=60, wait_s=60, settled_after_s=0)
    patient.turn()


def test_a_platform_exports_and_deletes_its_own_tenants_only(
    client: httpx.Client, settings: Settings, leaver: dict[str, Any], deleting: TenantDeletions
) -> None:
    def key(*words: str) -> dict[str, str]:
        made = CliRunner().invoke(platform_keys, ["create", *words], obj=settings).stdout.strip()
        return {"Authorization": f"Bearer {made}"}

    path, ours, others, weak = f"/platform/tenants/{leaver['tenant']}", key("Market"), key("Fair"), key("Market", "--scope", "tokens:mint")  # fmt: skip
    for method, place in (("GET", f"{path}/export"), ("DELETE", path)):
        assert [client.request(method, place, headers=one).status_code for one in (others, weak, {})] == [404, 403, 401]
    exported = client.get(f"{path}/export", headers=ours)
    assert (exported.status_code, exported.headers["content-type"]) == (200, "application/zip")
    archive = ZipFile(io.BytesIO(exported.content))
    own = client.get("/api/account/export", headers=leaver["headers"])
    assert (own.status_code, ZipFile(io.BytesIO(own.content)).namelist()) == (200, archive.namelist())
    assert archive.testzip() is None
    (product,) = [json.loads(line) for line in archive.read("products.ndjson").splitlines()]
    assert product["title"] == PRODUCT["title"]
    (account,) = [json.loads(line) for line in archive.read("account.ndjson").splitlines()]
    assert (account["email"], "hashed_password" in account) == (f"{CANARY}@example.com", False)
    assert b"sealed-" not in archive.read("connections.ndjson")
    assert archive.read(f"photos/{CANARY}.jpg") == CANARY.encode()
    assert "consents.ndjson" not in archive.namelist()
    asked = client.delete(path, params={"listings": "end"}, headers=ours)
    assert (asked.status_code, asked.json()) == (202, {"step": "ending"})
    deleting.turn()
    assert client.delete(path, headers=ours).status_code == 404
    assert client.get(f"{path}/export", headers=ours).status_code == 404


def test_an_operator_exports_and_deletes(settings: Settings, leaver: dict[str, Any], tmp_path: Path) -> None:
    def run(*words: str) -> int:
        return CliRunner().invoke(tenant_command, words, obj=settings).exit_code

    number, file = str(leaver["tenant"]), str(tmp_path / "all.zip")
    assert (run("export", number, file), run("delete", number), run("delete", number, "--yes")) == (0, 2, 0)
    with ZipFile(file) as archive:
        assert "products.ndjson" in archive.namelist()
    assert run("delete", "999", "--yes") == 1


def test_a_step_that_fails_is_told_of_and_tried_again(
    leaver: dict[str, Any], deleting: TenantDeletions, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        monkeypatch.undo()
        raise DatabaseUnavailable("away")

    monkeypatch.setattr(deletions, "forget_rows", away)
    deletions.ask_deletion(database, TenantId(leaver["tenant"]), Step.CLOSING, deletions.STOFLOW)
    deleting.turn()
    assert rows(database, "SELECT FROM public.tenant_deletions") == []

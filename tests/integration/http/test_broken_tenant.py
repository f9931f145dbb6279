"""A tenant whose tables are not what they should be answers 503 on every route, never 500, and touches nobody else."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.routes import find_operations
from stoflow.settings import Settings
from stoflow.storage.database.session import schema_name
from stoflow.wiring.tokens import access_tokens
from tests.harness.trust import TRUST

WAIT_S = 30
TRY_AGAIN_LATER = 1013
PRODUCT = {"title": "Wool coat", "price": {"amount": "12.50", "currency": "EUR"}}
BODIES: dict[str, Any] = {
    "acceptPluginTerms": {"version": "2026-10"},
    "changeJobs": {"act": "retry", "filter": {}},
    "saveView": {"name": "Failed", "filter": {"status": "failed"}},
    "createBatch": {"action_type": "publish", "product_ids": [1]},
    "createJob": {"action_type": "publish", "product_id": 1},
    "createProduct": PRODUCT,
    "changeProduct": {"brand": "Zara"},
    "addPhotos": {"urls": ["https://example.invalid/1.jpg"]},
    "orderPhotos": {"order": [1]},
    "describeProduct": {"language": "fr"},
    "changeConnection": {"settings": {"site": "EBAY_FR"}},
    "enterCredentials": {"credentials": {"key": "1", "secret": "2"}},
}
# In `public`: accounts, catalogues that are everybody's, what was told to have happened, and to whom, and how people look
# at jobs.
OF_NO_TENANT = {
    "changePassword", "leave", "listActions", "listAttributes", "listErrors", "listEvents", "importProducts", "readImport",
    "listRejectedRows",
    "readSnapshot", "listViews", "saveView", "deleteView",
}  # fmt: skip
QUERIES = {"previewProduct": {"marketplace": "vinted"}}
THEIRS = [
    one
    for one in find_operations()
    if not one.public and one.role is Role.USER and one.name not in OF_NO_TENANT and "/webhooks" not in one.path
]
TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'template_tenant'::regnamespace ORDER BY 1"
)
# A tenant as a backup leaves it that was restored by half: tables without the numbers and keys that come after them.
NUMBERS = (
    "SELECT attrelid::regclass::text FROM pg_attribute WHERE attidentity <> '' AND attrelid::regclass::text LIKE %s"
)
COUNTED_ALONG = """
SELECT adrelid::regclass::text FROM pg_attrdef
WHERE pg_get_expr(adbin, adrelid) LIKE 'nextval(%%' AND adrelid::regclass::text LIKE %s
"""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An installation in which sellers can connect, and a model could write."""
    model = {"ai_url": "http://127.0.0.1:1", "ai_model": "writer"}
    return settings.model_copy(update={"ebay_redirect_uri": "StoFlow-StoFlow-1", **model})


@pytest.fixture
def run(settings: Settings) -> Iterator[Callable[..., list[str]]]:
    with psycopg.connect(str(settings.database_url), autocommit=True, prepare_threshold=None) as connection:

        def execute(statement: str, *params: str) -> list[str]:
            cursor = connection.execute(statement.encode(), params)
            return [row[0] for row in cursor] if cursor.description else []

        yield execute


def client_of(settings: Settings, url: str, tenant: TenantId) -> httpx.Client:
    headers = {"Authorization": f"Bearer {access_tokens(settings).issue_access_token(tenant)}"}
    return httpx.Client(verify=TRUST, base_url=url, headers=headers, timeout=WAIT_S)


@pytest.fixture
def broken(settings: Settings, real_url: str, tenants: Callable[[], TenantId]) -> Iterator[httpx.Client]:
    with client_of(settings, real_url, tenants()) as client:
        assert client.post("/api/products", json=PRODUCT).status_code == 201
        yield client


@pytest.fixture
def neighbour(settings: Settings, real_url: str, broken: httpx.Client, tenants: Callable[[], TenantId]) -> Any:
    with client_of(settings, real_url, tenants()) as client:
        yield client


def answer_of(client: httpx.Client, operation: Any) -> httpx.Response:
    marketplace = "vinted" if "plugin" in operation.path else "ebay"
    path = operation.path.format(marketplace=marketplace, id=1, position=1, delivery=1, catalogue="colors")
    return client.request(operation.method, path, json=BODIES.get(operation.name), params=QUERIES.get(operation.name))


def returned(client: httpx.Client, state: str = f"1.{'a' * 43}") -> httpx.Response:
    return client.get("/api/ebay/oauth/callback", params={"state": state, "code": "c"})


def is_503(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and answer.headers["content-type"] == "application/problem+json"


def is_well(client: httpx.Client) -> bool:
    made = client.post("/api/products", json=PRODUCT)
    job = client.post("/api/ebay/jobs", json={"action_type": "publish", "product_id": made.json()["id"]})
    return (made.status_code, job.status_code, client.get("/readyz").status_code) == (201, 201, 200)


@pytest.mark.parametrize(
    "breaking",
    [
        "DROP SCHEMA {s} CASCADE",
        "DROP SCHEMA {s} CASCADE; CREATE SCHEMA {s}",
        "ALTER SCHEMA {s} RENAME TO elsewhere",
    ],
    ids=["no schema", "an empty schema", "a schema renamed"],
)
def test_without_its_tables_every_route_and_the_consents_return_answer_503(
    broken: httpx.Client, neighbour: httpx.Client, run: Callable[..., list[str]], breaking: str
) -> None:
    run(breaking.format(s=schema_name(TenantId(1))))
    wrong = {one.name: answer.text for one in THEIRS if not is_503(answer := answer_of(broken, one))}
    assert wrong == {}
    assert is_503(returned(broken))
    assert is_well(neighbour)


def test_no_table_is_missing_without_a_503_and_none_makes_a_500(
    broken: httpx.Client, neighbour: httpx.Client, run: Callable[..., list[str]]
) -> None:
    schema = schema_name(TenantId(1))
    missed: dict[str, set[str]] = {}
    for table in run(TABLES):
        run(f"ALTER TABLE {schema}.{table} RENAME TO elsewhere")
        answers = {one.name: answer_of(broken, one) for one in THEIRS if one.method != "DELETE"}
        answers["callback"] = returned(broken)
        assert {name: answer.text for name, answer in answers.items() if answer.status_code == 500} == {}
        missed[table] = {name for name, answer in answers.items() if is_503(answer)}
        run(f"ALTER TABLE {schema}.elsewhere RENAME TO {table}")
    for needed in ("products", "marketplace_jobs", "marketplace_tasks", "connections", "consents", "job_timeline"):
        assert missed[needed], needed
    assert is_well(broken)
    assert is_well(neighbour)


def test_tables_without_their_numbers_keys_and_columns_make_503_and_not_500(
    broken: httpx.Client, neighbour: httpx.Client, run: Callable[..., list[str]]
) -> None:
    schema = schema_name(TenantId(1))
    for table in run(COUNTED_ALONG, f"{schema}.%"):
        run(f"ALTER TABLE {table} ALTER COLUMN id DROP DEFAULT")
    for table in run(NUMBERS, f"{schema}.%"):
        run(f"ALTER TABLE {table} ALTER COLUMN id DROP IDENTITY")
    run(f"ALTER TABLE {schema}.marketplace_jobs DROP CONSTRAINT marketplace_jobs_pkey CASCADE")
    run(f"ALTER TABLE {schema}.products ALTER COLUMN condition TYPE text")
    run(f"ALTER TABLE {schema}.connections DROP COLUMN state CASCADE")
    answers = {one.name: answer_of(broken, one) for one in THEIRS}
    assert {name: answer.text for name, answer in answers.items() if answer.status_code == 500} == {}
    assert is_503(answers["createProduct"])
    assert is_503(answers["createJob"])
    assert is_well(neighbour)


def test_a_plugin_of_a_broken_tenant_is_told_to_come_back(
    settings: Settings,
    real_url: str,
    broken: httpx.Client,
    run: Callable[..., list[str]],
    tenants: Callable[[], TenantId],
) -> None:
    run(f"DROP SCHEMA {schema_name(TenantId(1))} CASCADE")
    with plugin_of(settings, real_url, TenantId(1)) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                socket.recv(timeout=WAIT_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == TRY_AGAIN_LATER
    with plugin_of(settings, real_url, tenants()) as socket:
        assert str(socket.recv(timeout=WAIT_S)).startswith("40")


@contextmanager
def plugin_of(settings: Settings, url: str, tenant: TenantId) -> Iterator[ClientConnection]:
    token = access_tokens(settings).issue_access_token(tenant)
    address = url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
    with connect(address) as socket:
        socket.recv(timeout=WAIT_S)
        socket.send("40" + json.dumps({"token": token, "client": "plugin", "plugin_id": "one"}))
        yield socket

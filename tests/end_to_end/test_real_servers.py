"""The same code runs on servers somebody else installed: Debian's PostgreSQL and Redis, in CI always."""

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

POSTGRES_BIN_VARIABLE = "STOFLOW_CI_POSTGRES_BIN"
REDIS_SERVER_VARIABLE = "STOFLOW_CI_REDIS_SERVER"
POSTGRES_ACCOUNT = "postgres"  # Debian's, for where we are root and PostgreSQL refuses to be
DEMO_S = 120


def installed(variable: str, *usual: Path) -> Path:
    """Return what the variable names, else the usual place; skip only where nothing was promised."""
    if named := os.environ.get(variable):
        return Path(named)
    found = next((path for path in usual if path.exists()), None)
    if found is None:
        pytest.skip(f"no such server is installed, and {variable} names none")
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path, which a socket needs, that another account may enter."""
    with tempfile.TemporaryDirectory(prefix="stoflow-real-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def postgres_url(folder: Path) -> Iterator[str]:
    usual = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    binaries = installed(POSTGRES_BIN_VARIABLE, *usual)
    data, port = folder / "data", free_port()
    data.mkdir()
    account = POSTGRES_ACCOUNT if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    shutil.chown(data, account)

    def run(*command: str) -> None:
        subprocess.run(command, check=True, user=account, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)

    control = (str(binaries / "pg_ctl"), "--pgdata", str(data), "--silent", "--wait")
    run(str(binaries / "initdb"), "--pgdata", str(data), "--username=stoflow", "--auth=trust", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data} -c fsync=off"
    run(*control, "--options", options, "--log", str(data / "log"), "start")
    try:
        yield f"postgresql://stoflow@127.0.0.1:{port}/postgres"
    finally:
        run(*control, "--mode=immediate", "stop")


@pytest.fixture
def redis_url(folder: Path) -> Iterator[str]:
    server = installed(REDIS_SERVER_VARIABLE, Path("/usr/bin/redis-server"))
    port = free_port()
    command = [str(server), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = any("Ready to accept connections" in line for line in process.stdout)
            assert ready, "redis-server ended before it was ready"
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


@pytest.mark.timeout(DEMO_S + 60)
def test_the_demo_publishes_everything_on_installed_servers(folder: Path, postgres_url: str, redis_url: str) -> None:
    environment = os.environ | {
        "STOFLOW_HOME": str(folder / "home"),
        "STOFLOW_DATABASE_URL": postgres_url,
        "STOFLOW_REDIS_URL": redis_url,
    }
    command = [sys.executable, "-m", "stoflow", "demo", "--tenants", "2", "--limit", "6", "--speed", "20", "--json"]
    demo = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=DEMO_S)
    assert demo.returncode == 0, demo.stderr
    summary = json.loads(demo.stdout)
    assert summary["jobs"]["total"] == summary["jobs"]["completed"] == 18
    assert summary["listings"] == {"vinted": 6, "ebay": 6, "etsy": 6}

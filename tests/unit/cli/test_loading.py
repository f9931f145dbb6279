"""A process loads what it needs: nobody waits for, or pays for, what another command does."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

from stoflow.cli.run.api import LOADS
from stoflow.cli.run.forking import EVERYBODYS

LOADED = "import sys, {module}; {then}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
HEAVY = {"sqlalchemy", "psycopg", "pydantic", "redis", "rich", "httpx", "PIL", "alembic", "asyncio"}
DOORS = {"starlette", "uvicorn", "socketio"}
ROWS = {"sqlalchemy", "alembic", "mako"}  # who stores products or migrates
FILES = {
    "openpyxl",
    "python_calamine",
    "pillow_heif",
    "selectolax",
}  # who reads a seller's files or HTML, or decodes a photo
SECRETS = {"jwt", "_cffi_backend"}  # who keeps them, or signs: the second is what cryptography loads
UNUSED = {
    "rich",
    "pygments",
    "requests",
    "valkey",
    "websocket",
    "greenlet",
    "opentelemetry",
    "psutil",
}  # what libraries load because it is installed
WITHOUT = {
    "stoflow.cli.main": HEAVY,  # `stoflow --help`, `--version`, a misspelt command
    "stoflow.storage.servers.keeper": {*HEAVY, "structlog", "ssl"},
    "stoflow.cli.run.up": {*ROWS, *DOORS, *FILES, "dramatiq", "pykka", "httpx", "PIL", "redis", "rich"},
    "stoflow.cli.run.worker": {*ROWS, *DOORS, *FILES, *UNUSED, "pykka", "smtplib"},
    "stoflow.cli.run.orchestrator": {*ROWS, *DOORS, *FILES, *UNUSED, *SECRETS},
    "stoflow.cli.run.api": {*ROWS, *DOORS, *FILES, "dramatiq", "pykka", "markdown_it", "smtplib"},
    "stoflow.cli.run.api_process": {"jinja2", *ROWS, *FILES, *UNUSED, "dramatiq", "pykka", "markdown_it", "smtplib"},
    ", ".join(EVERYBODYS): {*ROWS, *DOORS, *FILES, *UNUSED, "dramatiq", "pykka"},  # what children are forked from
}


def loaded_by(modules: str, then: str = "pass") -> set[str]:
    program = LOADED.format(module=modules, then=then)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", WITHOUT)
def test_a_command_loads_none_of_what_only_others_need(module: str) -> None:
    assert WITHOUT[module] & loaded_by(module) == set()


def test_an_api_loads_what_stores_products_with_the_first_one_asked_for() -> None:
    assert ROWS & loaded_by("stoflow.http.routes", "stoflow.http.routes.find_operations()") == set()


@pytest.mark.skipif(sys.platform != "linux", reason="Processes are forked on Linux only.")
@pytest.mark.parametrize("loads", [EVERYBODYS, LOADS])
def test_what_children_are_forked_from_starts_no_thread(loads: Sequence[str]) -> None:
    program = f"import os, {', '.join(loads)}; print(len(os.listdir('/proc/self/task')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"]

"""A process loads what it needs: nobody waits for, or pays for, what another command does."""

import subprocess
import sys

import pytest

LOADED = "import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
HEAVY = {"sqlalchemy", "psycopg", "pydantic", "redis", "rich", "httpx", "PIL", "alembic", "asyncio"}
WITHOUT = {
    "stoflow.cli.main": HEAVY,  # `stoflow --help`, `--version`, a misspelt command
    "stoflow.cli.run.worker": {"alembic", "mako", "starlette", "uvicorn", "socketio", "pykka", "openpyxl"},
    "stoflow.cli.run.orchestrator": {"alembic", "mako", "starlette", "uvicorn", "socketio", "openpyxl"},
    "stoflow.cli.run.api": {"alembic", "mako", "dramatiq", "pykka"},
}


@pytest.mark.parametrize("module", WITHOUT)
def test_a_command_loads_none_of_what_only_others_need(module: str) -> None:
    program = LOADED.format(module=module)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert WITHOUT[module] & set(done.stdout.split()) == set()

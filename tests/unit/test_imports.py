"""Importing does nothing: no environment is read, no connection made, no thread started, no file written."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "stoflow").rglob("*.py")
    if "versions" not in path.parts and path.name != "env.py"  # alembic runs these, nobody imports them
)

PROGRAM = """
import socket, sys, threading
from importlib import import_module

def refuse(*_):
    raise AssertionError("an import opened a connection")

socket.socket.connect = refuse
socket.create_connection = refuse
for name in sys.argv[1:]:
    import_module(name)
extra = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
assert not extra, f"an import started {extra}"
"""


def test_every_module_is_imported_with_nothing_around_it(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM, *MODULES]
    ended = subprocess.run(
        command, env={"PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_there_are_modules_to_import() -> None:
    assert {"stoflow", "stoflow.settings", "stoflow.domain.job"} <= set(MODULES)


@pytest.mark.parametrize("name", ["http", "json", "logging"])
def test_no_part_of_ours_stands_where_the_standard_library_is_expected(name: str) -> None:
    assert not (ROOT / name).exists()
    assert not (ROOT / f"{name}.py").exists()

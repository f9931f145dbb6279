"""A marketplace nobody told StoFlow of: an installed package, published on with the same command as every other."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installing import EXAMPLES, install

PATIENCE_S = 110
LINES_AT_MOST = 300
COUNTERS = ("lost", "doubled", "unexpected", "wrong_owner", "over_limit", "reordered", "excess_creates")


@pytest.fixture
def environment(tmp_path: Path, database_url: str, redis_url: str) -> dict[str, str]:
    site = tmp_path / "site"
    site.mkdir()
    install("brocante", site)
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    named = {"STOFLOW_HOME": str(tmp_path), "STOFLOW_DATABASE_URL": database_url, "STOFLOW_REDIS_URL": redis_url}
    return {**os.environ, **named, "PYTHONPATH": path}


@pytest.mark.timeout(PATIENCE_S)
def test_a_demo_publishes_on_it(environment: dict[str, str]) -> None:
    asked = ("--marketplaces", "brocante", "--limit", "6", "--tenants", "1", "--speed", "20")
    command = [sys.executable, "-m", "stoflow", "demo", *asked, "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["jobs"] == {"total": 6, "completed": 6, "failed": 0, "cancelled": 0, "expired": 0}
    assert summary["listings"] == {"brocante": 6}
    assert [summary[counter] for counter in COUNTERS] == [0] * len(COUNTERS)


@pytest.mark.parametrize(
    "example", [folder for folder in EXAMPLES.iterdir() if folder.is_dir()], ids=lambda it: it.name
)
def test_a_model_is_short_enough_to_be_read(example: Path) -> None:
    modules = list(example.rglob("*.py"))
    assert modules
    assert sum(len(module.read_text("utf-8").splitlines()) for module in modules) <= LINES_AT_MOST

"""A marketplace nobody told StoFlow of: an installed package, published on with the same command as every other."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.installing import EXAMPLES, install

PATIENCE_S = 110
LINES = {"brocante": (120, 190), "kiosque": (150, 270)}
"""What each may have at most: without its simulation, and with it."""
COUNTERS = ("lost", "doubled", "unexpected", "wrong_owner", "over_limit", "reordered", "excess_creates")


@pytest.fixture
def environment(tmp_path: Path, database_url: str, redis_url: str) -> dict[str, str]:
    site = tmp_path / "site"
    site.mkdir()
    for example in EXAMPLES.iterdir():
        install(example.name, site)
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    named = {"STOFLOW_HOME": str(tmp_path), "STOFLOW_DATABASE_URL": database_url, "STOFLOW_REDIS_URL": redis_url}
    return {**os.environ, **named, "PYTHONPATH": path}


@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.parametrize(("marketplace", "faults"), [("brocante", "0"), ("kiosque", "0.25")])
def test_a_demo_publishes_on_it(environment: dict[str, str], marketplace: str, faults: str) -> None:
    """The first is the model; the other signs its calls, and prints what it accepted some time later."""
    asked = ("--marketplaces", marketplace, "--limit", "6", "--tenants", "1", "--speed", "20", "--faults", faults)
    command = [sys.executable, "-m", "stoflow", "demo", *asked, "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["jobs"] == {"total": 6, "completed": 6, "failed": 0, "cancelled": 0, "expired": 0}
    assert summary["listings"] == {marketplace: 6}
    assert [summary[counter] for counter in COUNTERS] == [0] * len(COUNTERS)


@pytest.mark.parametrize("example", LINES)
def test_an_example_is_short_enough_to_be_read(example: str) -> None:
    lines = {module.name: len(module.read_text("utf-8").splitlines()) for module in (EXAMPLES / example).rglob("*.py")}
    without, whole = LINES[example]
    assert sum(lines.values()) <= whole
    assert sum(lines.values()) - lines["market.py"] <= without

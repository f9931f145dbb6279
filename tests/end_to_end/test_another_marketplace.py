"""A marketplace nobody told StoFlow of: an installed package, published on with the same command as every other."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.installing import EXAMPLES, install, install_copy

PATIENCE_S = 110
LINES = {"brocante": (120, 190), "kiosque": (150, 300)}
"""What each may have at most: without its simulation, and with it."""
PACED = "    paced: Paced = PACED\n"
RATED = """
    def make_seller(self, **asked):
        return super().make_seller(**{**asked, "wishes": {"exchange_rates": {"EUR": "11.20"}}})
"""
COUNTERS = ("lost", "doubled", "unexpected", "wrong_owner", "over_limit", "reordered", "excess_creates")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder that stands for site-packages."""
    made = tmp_path / "site"
    made.mkdir()
    return made


@pytest.fixture
def environment(tmp_path: Path, site: Path, database_url: str, redis_url: str) -> dict[str, str]:
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    named = {"STOFLOW_HOME": str(tmp_path), "STOFLOW_DATABASE_URL": database_url, "STOFLOW_REDIS_URL": redis_url}
    return {**os.environ, **named, "PYTHONPATH": path}


def demo(environment: dict[str, str], marketplace: str, *, faults: str = "0") -> subprocess.CompletedProcess[str]:
    asked = ("--marketplaces", marketplace, "--limit", "6", "--tenants", "1", "--speed", "20", "--faults", faults)
    command = [sys.executable, "-m", "stoflow", "demo", *asked, "--json"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def install_changed(example: str, site: Path, **changes: tuple[str, str]) -> None:
    """Install an example of which these modules are otherwise."""
    folder = install_copy(example, site)
    for name, (before, after) in changes.items():
        text = (folder / f"{name}.py").read_text("utf-8")
        assert text.count(before) == 1
        (folder / f"{name}.py").write_text(text.replace(before, after), "utf-8")


@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.parametrize(("marketplace", "faults"), [("brocante", "0"), ("kiosque", "0.25")])
def test_a_demo_publishes_on_it(environment: dict[str, str], site: Path, marketplace: str, faults: str) -> None:
    """The first is the model; the other signs its calls, and prints what it accepted some time later."""
    for package in EXAMPLES.glob("*/pyproject.toml"):
        install(package.parent.name, site)
    done = demo(environment, marketplace, faults=faults)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["jobs"] == {"total": 6, "completed": 6, "failed": 0, "cancelled": 0, "expired": 0}
    assert summary["listings"] == {marketplace: 6}
    assert [summary[counter] for counter in COUNTERS] == [0] * len(COUNTERS)


@pytest.mark.timeout(PATIENCE_S)
def test_a_demo_that_could_list_nothing_says_so(environment: dict[str, str], site: Path) -> None:
    """The catalogue is priced in euro, and nothing says what one is worth there."""
    install_changed("brocante", site, service=('CURRENCY = "EUR"', 'CURRENCY = "SEK"'))
    done = demo(environment, "brocante")
    summary = json.loads(done.stdout)
    assert summary["listings"] == {"brocante": 0}
    assert "sells in SEK" in summary["failures"][0]["reason"]
    assert (done.returncode, "Nothing was listed" in done.stderr) == (1, True), done.stderr


@pytest.mark.timeout(PATIENCE_S)
def test_a_demo_lists_in_another_currency_by_the_rates_of_the_market(environment: dict[str, str], site: Path) -> None:
    rated = (PACED, f"{PACED}{RATED}")
    install_changed("brocante", site, service=('CURRENCY = "EUR"', 'CURRENCY = "SEK"'), market=rated)
    done = demo(environment, "brocante")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["listings"] == {"brocante": 6}


@pytest.mark.parametrize("example", LINES)
def test_an_example_is_short_enough_to_be_read(example: str) -> None:
    lines = {module.name: len(module.read_text("utf-8").splitlines()) for module in (EXAMPLES / example).rglob("*.py")}
    without, whole = LINES[example]
    assert sum(lines.values()) <= whole
    assert sum(lines.values()) - lines["market.py"] <= without

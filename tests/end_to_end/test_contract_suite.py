"""The contract suite as the author of a package runs it: installed from wheels, with no checkout on the path."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.installing import EXAMPLES, install_copy

ROOT = EXAMPLES.parent
DISTRIBUTIONS = (ROOT, ROOT / "stoflow_sandbox", EXAMPLES / "kiosque")
PATIENCE_S = 400
NOT_OURS = ("PYTHONPATH", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST")


@dataclass(frozen=True)
class Outcome:
    code: int
    lines: list[str]

    def lines_of(self, verdict: str) -> list[str]:
        return [line for line in self.lines if line.startswith(verdict)]


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return {**ours, "STOFLOW_DATABASE_URL": database_url}


def run(python: Path | str, environment: Mapping[str, str], cwd: Path, *arguments: str) -> Outcome:
    command = [str(python), "-m", "stoflow.testing.contract", *arguments]
    done = subprocess.run(
        command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    return Outcome(done.returncode, (done.stdout + done.stderr).splitlines())


@pytest.fixture(scope="module")
def virtualenv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with wheels of the tree; what they depend on is lent by the one that runs this."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder / "venv", with_pip=False)
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    for distribution in DISTRIBUTIONS:
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "wheels")]
        subprocess.run(build, cwd=distribution, check=True, capture_output=True)
    for wheel in (folder / "wheels").glob("*.whl"):
        shutil.unpack_archive(wheel, site, "zip")
    lent = [entry for entry in sys.path if entry.endswith("site-packages")]
    (site / "lent.pth").write_text("\n".join(lent), "utf-8")
    return folder / "venv" / "bin" / "python"


@pytest.mark.timeout(PATIENCE_S)
def test_a_package_is_tried_from_wheels_without_a_checkout(
    virtualenv: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    where = [virtualenv, "-c", "import stoflow, stoflow_sandbox, kiosque; print(stoflow.__file__)"]
    found = subprocess.run(where, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert str(virtualenv.parents[1]) in found
    tried = run(virtualenv, environment, tmp_path, "kiosque")
    assert tried.code == 0, tried.lines
    assert not tried.lines_of("BROKEN")
    assert len(tried.lines_of("kept")) > 20


def test_a_name_that_is_not_installed_is_told_with_those_that_are(
    virtualenv: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    tried = run(virtualenv, environment, tmp_path, "kiosk")
    assert tried.code == 2
    assert tried.lines == [
        "Error: kiosk is no marketplace that is installed here: there are ebay, etsy, kiosque, vinted."
    ]


def install_bazaar(site: Path) -> None:
    """Install what was written from the documentation alone, unlike the examples wherever it may be."""
    info = site / "bazaar-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bazaar\nVersion: 1.0\n", "utf-8")
    named = {
        "stoflow.marketplaces": "marketplace:BAZAAR",
        "stoflow.sandbox.markets": "market:BazaarMarket",
        "stoflow.testing.particulars": "suite:PARTICULARS",
    }
    lines = [f"[{group}]\nbazaar = tests.harness.bazaar.{where}\n" for group, where in named.items()]
    (info / "entry_points.txt").write_text("".join(lines), "utf-8")


@pytest.mark.timeout(PATIENCE_S)
def test_one_call_another_currency_no_photo_and_other_names_keep_every_promise(
    environment: dict[str, str], tmp_path: Path
) -> None:
    install_bazaar(tmp_path)
    path = {**environment, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    tried = run(sys.executable, path, tmp_path, "bazaar")
    assert tried.code == 0, tried.lines
    assert len(tried.lines_of("kept")) > 20


def install_changed(example: str, site: Path, before: str, after: str) -> None:
    """Install an example of which one thing is otherwise."""
    service = install_copy(example, site) / "service.py"
    text = service.read_text("utf-8")
    assert text.count(before) == 1
    service.write_text(text.replace(before, after), "utf-8")


SALE = 'reply = yield from self.call_http("POST", f"{_path(attempt)}/sale")'
MUTANTS = {
    "publishes_twice": (
        "brocante",
        (SALE, f"{SALE}\n        {SALE}"),
        ("an unsafe or plugin step makes exactly one call", "sale: calls made: 2"),
    ),
    "never_confirms": (
        "kiosque",
        ('case "live":', 'case "never":'),
        ("a product is published once and the result says where", "print: CannotTell"),
    ),
    "makes_a_second_one": (
        "brocante",
        ("{checks.sku_of(attempt)}", "{checks.sku_of(attempt)}j{attempt.job}"),
        ("a second job on the product makes no second listing", "put: it is about another listing"),
    ),
    "takes_a_broken_server_for_a_no": (
        "kiosque",
        ("SAYS.outcome_of(reply, unsafe=True)", "SAYS.outcome_of(reply, unsafe=False)"),
        ("a broken server leaves an unsafe call unknown and another to be tried again", "print: a 503 means TryAgain"),
    ),
}


@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.parametrize(
    ("example", "change", "broken"), [pytest.param(*mutant, id=name) for name, mutant in MUTANTS.items()]
)
def test_a_package_that_breaks_a_promise_is_told_which_and_at_which_step(
    environment: dict[str, str], tmp_path: Path, example: str, change: tuple[str, str], broken: tuple[str, str]
) -> None:
    install_changed(example, tmp_path, *change)
    path = {**environment, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    tried = run(sys.executable, path, tmp_path, example, "-k", "test_publication")
    promise, said = broken
    assert tried.code == 1, tried.lines
    assert [line for line in tried.lines_of("BROKEN") if promise in line], tried.lines
    assert [line for line in tried.lines if said in line], tried.lines

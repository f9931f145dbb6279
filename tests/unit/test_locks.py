"""What is installed where it counts is named by its hashes, at the versions that everything was tested with."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINNED = re.compile(
    r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)(?: ; [^\\\n]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$|^# .*$",
    re.MULTILINE,
)
NAME = re.compile(r"[A-Za-z0-9._-]+")
LOCKS = sorted((ROOT / "locks").glob("*.txt"))


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: Path) -> dict[str, str]:
    return {plain(name): version for name, version, _ in PINNED.findall(lock.read_text("utf-8")) if name}


CONSTRAINTS = dict(
    line.strip().split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if "==" in line
)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_line_is_a_version_with_its_hashes_and_no_address(lock: Path) -> None:
    assert PINNED.sub("", lock.read_text("utf-8")).strip() == ""
    assert pins(lock)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_has_the_versions_of_the_constraints(lock: Path) -> None:
    pinned = {plain(name): version for name, version in CONSTRAINTS.items()}
    assert {name: pinned.get(name, version) for name, version in pins(lock).items()} == pins(lock)


def names_in(requirements: list[str]) -> set[str]:
    return {plain(match[0]) for each in requirements if (match := NAME.match(each))}


def test_what_checks_and_tests_run_on_has_all_that_they_need() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = names_in(
        [*project["dependencies"], *(each for name in ("embedded", "dev", "bench") for each in extras[name])]
    )
    assert needed - set(pins(ROOT / "locks" / "development.txt")) == set(), "`make locks` names it by its hashes"


def test_production_has_all_that_stoflow_needs_and_nothing_that_was_not_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = names_in(project["dependencies"])
    locked = set(pins(ROOT / "locks" / "production.txt"))
    assert needed - locked == set(), "`make locks` names it by its hashes"
    assert locked - {plain(name) for name in CONSTRAINTS} == set()

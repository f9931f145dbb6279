"""Fixtures for pytest: `pytest_plugins = ["stoflow.testing.fixtures"]` in a conftest.py makes them known."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stoflow.testing.engine import VirtualEngine, opened_engine
from stoflow.testing.stage import Stage, opened_stage


@pytest.fixture(scope="session")
def stoflow_stage() -> Iterator[Stage]:
    """What all engines of a run share: a PostgreSQL, embedded where STOFLOW_DATABASE_URL names none."""
    with opened_stage() as stage:
        yield stage


@pytest.fixture
def stoflow_settings() -> dict[str, Any]:
    """Fields of Settings that are other than usual; override it for a folder, a module or a class."""
    return {}


@pytest.fixture
def stoflow_engine(stoflow_stage: Stage, stoflow_settings: dict[str, Any], tmp_path: Path) -> Iterator[VirtualEngine]:
    """An engine of a test's own; what was planned for a call that was never made fails the test."""
    with opened_engine(stoflow_stage, tmp_path / "stoflow", **stoflow_settings) as engine:
        yield engine
        engine.assert_all_happened()

"""The fixtures that users have, on the servers of this run."""

from collections.abc import Iterator

import pytest

from stoflow.testing.databases import Databases
from stoflow.testing.fixtures import stoflow_engine as stoflow_engine
from stoflow.testing.fixtures import stoflow_settings as stoflow_settings
from stoflow.testing.stage import Stage


@pytest.fixture(scope="session")
def stoflow_stage(databases: Databases) -> Iterator[Stage]:
    stage = Stage(databases)
    yield stage
    stage.close()

"""What the virtual engines of a test run share: a PostgreSQL, and the database that each one has a copy of."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from stoflow.testing.clock import install_clock
from stoflow.testing.databases import Databases, opened_servers
from stoflow.variables import ENV_PREFIX
from stoflow_sandbox.application import Application
from stoflow_sandbox.market import Market


class Stage:
    """A migrated database whose time is told by a test, and copies of it that live as long as an engine."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._told = databases.create(databases.migrated)
        install_clock(databases.url_of(self._told))

    def close(self) -> None:
        self._databases.drop(self._told)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the address of a database of one engine's own."""
        name = self._databases.create(self._told)
        try:
            yield self._databases.url_of(name)
        finally:
            self._databases.drop(name)


@contextmanager
def opened_stage() -> Iterator[Stage]:
    """Make a stage on the PostgreSQL of STOFLOW_DATABASE_URL, else on an embedded one; it takes a few seconds.

    Nothing is changed there but databases that the stage makes and drops. Raise ConfigurationError where the user of
    that PostgreSQL is no superuser.
    """
    with opened_servers(with_redis=False) as urls:
        databases = Databases(urls.database_url, urls.database_url)
        stage = Stage(databases)
        try:
            yield stage
        finally:
            stage.close()
            databases.drop(databases.migrated)


@contextmanager
def led_to_sandbox(url: str, markets: Sequence[Market]) -> Iterator[None]:
    """Let every marketplace's settings lead to its simulation, and let no other variable of StoFlow's be in force."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    with patch.dict(os.environ, {**kept, **_variables(url, markets)}, clear=True):
        yield


def _variables(url: str, markets: Sequence[Market]) -> Mapping[str, str]:
    application = Application()
    named = (market.variables(f"{url}/{market.name}", application) for market in markets)
    return {name: value for each in named for name, value in each.items()}

"""The contract suite as a plugin of pytest: which marketplaces it tries, and a verdict for each promise."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from stoflow.marketplaces.registry import build_registry
from stoflow.testing.contract.cases import MARK, parametrize
from stoflow.testing.contract.fixtures import acting as acting
from stoflow.testing.contract.fixtures import harness as harness
from stoflow.testing.contract.fixtures import judge_of as judge_of
from stoflow.testing.contract.fixtures import make_site as make_site
from stoflow.testing.contract.fixtures import markets as markets
from stoflow.testing.contract.fixtures import media_root as media_root
from stoflow.testing.contract.fixtures import profiles as profiles
from stoflow.testing.contract.fixtures import registry as registry
from stoflow.testing.contract.fixtures import sandbox as sandbox
from stoflow.testing.databases import Databases, opened_servers

OPTION = "--marketplace"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, help="The marketplace that the contract suite tries; all there are if not given.")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(names, cases_of): a promise, and the cases that it is tried in")
    config.pluginmanager.register(Verdicts(), "verdicts")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    name = metafunc.config.getoption(OPTION)
    places = build_registry().marketplaces
    parametrize(metafunc, places.values() if name is None else (places[name],))


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    with opened_servers(with_redis=False) as urls:
        made = Databases(urls.database_url, urls.database_url)
        yield made
        made.drop_all()


@dataclass
class Promise:
    """How often it was tried and kept, and what is said of the cases in which it was not."""

    kept: int = 0
    broken: dict[str, str] = field(default_factory=dict[str, str])
    skipped: str = ""

    @property
    def verdict(self) -> str:
        if self.broken:
            return "BROKEN"
        return "kept" if self.kept else "skipped"

    @property
    def details(self) -> str:
        tried = self.kept + len(self.broken)
        return f" ({tried} case{'s' if tried > 1 else ''})" if tried else f": {self.skipped}"


@dataclass(eq=False)  # pytest keeps plugins in sets
class Verdicts:
    """One line for each promise when all were tried, and one below it for each case in which it is broken."""

    promises: dict[str, Promise] = field(default_factory=dict[str, Promise])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name, _, case = report.nodeid.rpartition("::")[2].partition("[")
        promise = self.promises.setdefault(name.removeprefix("test_").replace("_", " "), Promise())
        if report.failed:
            promise.broken[case.rstrip("]")] = _said(report)
        elif report.skipped:
            promise.skipped = _said(report)
        elif report.when == "call":
            promise.kept += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for sentence, promise in self.promises.items():
            terminalreporter.line(f"{promise.verdict:8}{sentence}{promise.details}")
            for case, said in promise.broken.items():
                terminalreporter.line(f"        {case}: {said}")
        broken = sum(bool(promise.broken) for promise in self.promises.values())
        terminalreporter.line(f"{len(self.promises)} promises, {broken} broken.")


def _said(report: pytest.TestReport) -> str:
    """Return the first line of what a test says."""
    found = report.longrepr
    if isinstance(found, tuple):
        return found[2].removeprefix("Skipped: ")
    crash = getattr(found, "reprcrash", None)
    return str(crash.message if crash else found).partition("\n")[0]

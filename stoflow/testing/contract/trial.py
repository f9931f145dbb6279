"""One run of the contract suite, wherever StoFlow is installed."""

import os
from collections.abc import Sequence

import pytest

from stoflow.cli.output import WorkFailed, WrongUsage
from stoflow.domain.errors import ConfigurationError
from stoflow.marketplaces.registry import build_registry
from stoflow_sandbox.markets import ENTRY_POINT_GROUP, known_markets

# Of nobody's pytest.ini, and with verdicts in place of tracebacks; what follows may say otherwise.
ARGUMENTS = (
    *("-c", os.devnull, "--rootdir", os.curdir, "--import-mode=importlib", "--pyargs", "stoflow.testing.contract"),
    *("-p", "stoflow.testing", "-p", "stoflow.testing.contract.plugin", "-p", "no:cacheprovider"),
    *("-q", "-rN", "--no-header", "--tb=no", "-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
EXIT_CODES = {pytest.ExitCode.OK: 0, pytest.ExitCode.USAGE_ERROR: 2}


def exit_code(name: str, options: Sequence[str]) -> int:
    """Try the marketplace; WrongUsage where there is none of that name, or none to play it by."""
    check(name)
    code = pytest.main([*ARGUMENTS, "--marketplace", name, *options])
    return EXIT_CODES.get(pytest.ExitCode(code), 1)


def check(name: str) -> None:
    """Raise where the suite cannot begin."""
    try:
        known = build_registry().marketplaces
        played = {market.name for market in known_markets()}
    except ConfigurationError as error:
        raise WorkFailed(str(error)) from error
    if name not in known:
        raise WrongUsage(f"{name} is no marketplace that is installed here: there are {', '.join(sorted(known))}.")
    if name not in played:
        raise WrongUsage(f"Nothing plays {name}: name the class of its simulation in the group {ENTRY_POINT_GROUP}.")

"""`stoflow limits`: what it shows, and its exit codes."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from stoflow.cli.main import stoflow
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.faults import FaultKind, ScriptedFault
from stoflow_sandbox.server import SandboxServer


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxOptions(latency_ms=(0, 0))) as running:
        yield running


def limits(sandbox: SandboxServer, *arguments: str, client_id: str = "stoflow-sandbox") -> Result:
    environment = {
        "STOFLOW_EBAY_BASE_URL": f"{sandbox.url}/ebay",
        "STOFLOW_EBAY_CLIENT_ID": client_id,
        "STOFLOW_EBAY_CLIENT_SECRET": "stoflow-sandbox-secret",
    }
    return CliRunner().invoke(stoflow, ["limits", *arguments], env=environment)


def test_every_marketplace_that_can_be_asked_shows_what_is_left(sandbox: SandboxServer) -> None:
    result = limits(sandbox, "--json")
    assert result.exit_code == 0, result.output
    shown = {limit["api"]: limit for limit in json.loads(result.stdout)["limits"]}
    taxonomy = shown["commerce/taxonomy/v1"]
    assert taxonomy.pop("reset").endswith("Z")
    assert taxonomy == {
        "marketplace": "ebay",
        "api": "commerce/taxonomy/v1",
        "resource": "commerce.taxonomy",
        "limit": 5000,
        "remaining": 5000,
        "window_s": 86400,
    }
    table = limits(sandbox, "--marketplace", "ebay")
    assert "sell.inventory" in table.stdout


@pytest.mark.parametrize(
    ("name", "reason"),
    [("etsy", "etsy cannot be asked how many calls are left."), ("depop", "Unknown marketplace: depop.")],
)
def test_what_cannot_be_asked_is_wrong_usage(sandbox: SandboxServer, name: str, reason: str) -> None:
    result = limits(sandbox, "--marketplace", name)
    assert (result.exit_code, result.stderr) == (2, f"Error: {reason}\n")


def test_without_an_application_there_is_nothing_to_ask_with(sandbox: SandboxServer) -> None:
    result = limits(sandbox, client_id="")
    assert result.exit_code == 2
    assert result.stderr == "Error: StoFlow has no application at ebay: set its client id and secret.\n"


def test_an_answer_that_does_not_say_fails_the_work(sandbox: SandboxServer) -> None:
    sandbox.sandbox.faults.add_script([ScriptedFault("ebay", "rate_limits.get", FaultKind.BROKEN_BEFORE)])
    result = limits(sandbox)
    assert result.exit_code == 1
    assert result.stderr == "Error: eBay did not say how many calls are left: HTTP 500.\n"

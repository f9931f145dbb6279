"""The conformance kit: the headless plugin passes, and one that forgets, or never comes, does not."""

import socket
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from stoflow.cli.main import stoflow
from stoflow_sandbox.plugin import HeadlessPlugin, PluginOptions
from stoflow_sandbox.vinted.conformance.checks import ALL, Result, checked
from stoflow_sandbox.vinted.conformance.station import Station
from stoflow_sandbox.vinted.conformance.trial import Trial

WITHIN_S = 20.0
NAMES = [check.__name__ for check in ALL]


@pytest.fixture
def results(tmp_path: Path) -> Callable[[], Mapping[str, Result]]:
    """Drive a headless plugin through every check."""

    def drive() -> Mapping[str, Result]:
        token_file = tmp_path / "token"
        with Station(token_file=token_file) as station:
            options = PluginOptions(token_file=token_file)
            plugin = HeadlessPlugin(station.url, token_file.read_text("utf-8"), station.sandbox.url, options)
            plugin.start()
            try:
                return {one.name: one.result for one in checked(Trial(station, WITHIN_S))}
            finally:
                plugin.stop()

    return drive


def test_the_headless_plugin_keeps_to_the_protocol(results: Callable[[], Mapping[str, Result]]) -> None:
    assert results() == dict.fromkeys(NAMES, Result.PASSED)


def test_a_plugin_without_a_memory_is_found_out(
    results: Callable[[], Mapping[str, Result]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HeadlessPlugin, "_known_answer", lambda *_: None)
    found = results()
    assert {name for name, result in found.items() if result is Result.FAILED} >= {"repeated", "lost_answer"}
    assert found["discretion"] is Result.SKIPPED


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(stoflow, ["plugin-check", "--port", port, "--", "true"])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "Choose another --port." in done.stderr


def test_the_command_ends_with_1_where_nobody_comes() -> None:
    done = CliRunner().invoke(stoflow, ["plugin-check", "--within", "0.2", "--", "true"])
    assert done.exit_code == 1, done.output
    assert done.output.startswith("failed   handshake: it opened no websocket")
    assert f"0 of {len(ALL)} passed." in done.output

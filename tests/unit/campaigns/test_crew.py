"""The campaign's own processes."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from campaigns.crew import Crew, signal_group, signal_process
from campaigns.world import wait_until


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "sleeper.py").write_text("import sys\nprint(*sys.argv[1:], flush=True)\nsys.stdin.read()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "sleeper"


def test_who_dies_is_started_again_with_the_arguments_of_now(module: str, tmp_path: Path) -> None:
    with Crew(module, {}, tmp_path) as crew:
        member = crew.start("one", "--say", "first")
        wait_until(lambda: member.log.read_text() == "--say first\n", "the first process")
        before = member.pid
        member.change("--say", "second")

        signal_process(before, signal.SIGKILL)

        assert crew.wait_for_new(member, before, within_s=20)
        wait_until(lambda: member.log.read_text() == "--say first\n--say second\n", "the second process")


def test_nobody_is_left_not_even_who_stands_still(module: str, tmp_path: Path) -> None:
    with Crew(module, {}, tmp_path) as crew:
        pid = crew.start("one").pid
        os.kill(pid, signal.SIGSTOP)

    assert not psutil.pid_exists(pid)


def test_signals_to_who_has_ended_are_heard_by_nobody(module: str, tmp_path: Path) -> None:
    with Crew(module, {}, tmp_path) as crew:
        pid = crew.start("one").pid

    signal_process(pid, signal.SIGTERM)
    signal_group(pid, signal.SIGTERM)

"""A failpoint does nothing until it is armed, and then leaves a trace."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stoflow.monitoring import failpoints
from stoflow.monitoring.failpoints import FailpointError, arm, arm_text, failpoint, fired


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


def test_a_disarmed_failpoint_does_nothing() -> None:
    failpoint("claim.after")
    assert fired() == {}


def test_an_armed_failpoint_acts_at_every_passing_and_is_counted() -> None:
    acts: list[str] = []
    arm("claim.after", lambda: acts.append("acted"))
    failpoint("claim.after")
    failpoint("claim.before")
    failpoint("claim.after")
    assert acts == ["acted", "acted"]
    assert fired() == {"claim.after": 2}


def test_a_failpoint_may_act_at_one_passing_only() -> None:
    arm_text("settle.before=raise@2")
    failpoint("settle.before")
    with pytest.raises(FailpointError):
        failpoint("settle.before")
    failpoint("settle.before")
    assert fired() == {"settle.before": 1}


def test_a_star_stands_for_every_name_that_has_no_order_of_its_own() -> None:
    arm_text("*=note, send.after=raise")
    failpoint("send.before")
    with pytest.raises(FailpointError):
        failpoint("send.after")
    assert fired() == {"send.before": 1, "send.after": 1}


def test_a_delay_waits_before_going_on(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(failpoints.time, "sleep", waits.append)
    arm_text("call.before=delay:1.5")
    failpoint("call.before")
    assert waits == [1.5]


@pytest.mark.parametrize("text", ["name", "=kill", "name=explode", "name=delay:soon", "name=kill@0", "name=kill@x"])
def test_an_order_nobody_understands_is_refused_and_arms_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="is not a failpoint"):
        arm_text(f"good=raise, {text}")
    failpoint("good")


def test_a_kill_ends_the_process_and_its_name_is_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "fired"
    program = (
        "from stoflow.monitoring.failpoints import arm_text, failpoint;"
        "arm_text('call.after=kill'); failpoint('call.after'); print('alive')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=False,
        env={"STOFLOW_FAILPOINT_LOG": str(log), "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert (ended.returncode, ended.stdout) == (-9, b"")
    assert log.read_text(encoding="utf-8") == "call.after\n"

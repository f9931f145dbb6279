"""A server that works is waited for beyond the limit, and one that does not is given up at it, whoever asks meanwhile."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from stoflow.storage.servers.progress import (
    LOOK_EVERY_S,
    Patience,
    ProcessState,
    process_states,
    seconds_of,
    workers_of,
)

SERVER, RECOVERY, WRITER, CLIENT = 100, 101, 102, 900
STILL_S = 60.0
AN_HOUR_S = 3_600.0
A_TICK_S = 0.01
TOO_EARLY = "FATAL:  the database system is starting up\n"


@dataclass
class Machine:
    """A machine whose clock and processes stand still unless the test says otherwise."""

    log: Path
    now_s: float = 0.0
    states: dict[int, ProcessState] = field(
        default_factory=lambda: {
            SERVER: ProcessState(1, "S", 0.0),
            RECOVERY: ProcessState(SERVER, "S", 0.0),
            WRITER: ProcessState(SERVER, "S", 0.0),
            CLIENT: ProcessState(1, "R", 0.0),
        }
    )

    def patience(self) -> Patience:
        return Patience(lambda: SERVER, self.log, STILL_S, now=lambda: self.now_s, states=lambda: dict(self.states))

    def passes(self, seconds: float = LOOK_EVERY_S) -> None:
        self.now_s += seconds

    def computes(self, pid: int, seconds: float) -> None:
        state = self.states[pid]
        self.states[pid] = replace(state, computed_s=state.computed_s + seconds)

    def says(self, text: str) -> None:
        with self.log.open("a") as log:
            log.write(text)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path / "postgresql.log")
    made.says("LOG:  starting PostgreSQL\n")
    return made


def computing(machine: Machine) -> None:
    machine.computes(RECOVERY, LOOK_EVERY_S)


def computing_a_little_as_the_disk_is_slow(machine: Machine) -> None:
    machine.computes(RECOVERY, 2 * A_TICK_S)


def waiting_for_the_disk(machine: Machine) -> None:
    machine.states[WRITER] = replace(machine.states[WRITER], letter="D")


def logging(machine: Machine) -> None:
    machine.says("LOG:  redo in progress, elapsed time: 10.00 s\n")


def standing_still(_: Machine) -> None:
    pass


def refusing_clients(machine: Machine) -> None:
    """Each of whom is a process of the server's for a moment, computes, and has a line in the log."""
    number = 1_000 + int(machine.now_s)
    machine.states = {pid: state for pid, state in machine.states.items() if pid < 1_000}
    machine.states[number] = ProcessState(SERVER, "R", LOOK_EVERY_S)
    machine.computes(SERVER, LOOK_EVERY_S / 10)
    machine.says(TOO_EARLY)


def looking_at_its_clock(machine: Machine) -> None:
    if machine.now_s % 10 < LOOK_EVERY_S:
        machine.computes(WRITER, A_TICK_S)


def strangers_computing(machine: Machine) -> None:
    machine.computes(CLIENT, LOOK_EVERY_S)


WORK = (computing, computing_a_little_as_the_disk_is_slow, waiting_for_the_disk, logging)
NO_WORK = (standing_still, refusing_clients, looking_at_its_clock, strangers_computing)


@pytest.mark.parametrize("goes_on", WORK)
def test_whoever_works_is_waited_for_far_beyond_the_limit(machine: Machine, goes_on: "Callable[[Machine], None]"):
    patience = machine.patience()
    while machine.now_s < AN_HOUR_S:
        goes_on(machine)
        machine.passes()
        assert not patience.is_over()


@pytest.mark.parametrize("goes_on", NO_WORK)
def test_whoever_does_not_is_given_up_once_the_limit_has_passed(machine: Machine, goes_on: "Callable[[Machine], None]"):
    patience = machine.patience()
    while not patience.is_over():
        assert machine.now_s < 2 * STILL_S
        goes_on(machine)
        machine.passes()
    assert machine.now_s > STILL_S


def test_the_limit_counts_from_the_last_sign_of_work(machine: Machine):
    patience = machine.patience()
    while machine.now_s < AN_HOUR_S:
        computing(machine)
        machine.passes()
        assert not patience.is_over()
    machine.passes(STILL_S)
    assert not patience.is_over()
    machine.passes()
    assert patience.is_over()


def test_a_single_process_is_its_own_worker(machine: Machine):
    del machine.states[RECOVERY], machine.states[WRITER]
    patience = machine.patience()
    while machine.now_s < AN_HOUR_S:
        machine.computes(SERVER, LOOK_EVERY_S)
        machine.passes()
        assert not patience.is_over()


def test_a_log_that_is_begun_anew_is_read_from_its_new_end(machine: Machine):
    machine.says("LOG:  a long line of the server before\n" * 100)
    patience = machine.patience()
    machine.log.write_text("")
    machine.passes()
    assert not patience.is_over()
    while machine.now_s < AN_HOUR_S:
        logging(machine)
        machine.passes()
        assert not patience.is_over()


def test_a_server_started_anew_meanwhile_is_the_one_that_is_looked_at(machine: Machine):
    pids = [SERVER]
    patience = Patience(
        lambda: pids[-1], machine.log, STILL_S, now=lambda: machine.now_s, states=lambda: dict(machine.states)
    )
    machine.states = {SERVER + 50: ProcessState(1, "S", 0.0), RECOVERY + 50: ProcessState(SERVER + 50, "S", 0.0)}
    pids.append(SERVER + 50)
    while machine.now_s < AN_HOUR_S:
        machine.computes(RECOVERY + 50, LOOK_EVERY_S)
        machine.passes()
        assert not patience.is_over()


def test_nothing_is_expected_of_a_server_that_is_not_there(machine: Machine):
    machine.log.unlink()
    machine.states.clear()
    patience = machine.patience()
    machine.passes(STILL_S)
    assert not patience.is_over()
    machine.passes()
    assert patience.is_over()


WORKER = """
import os, sys, time
print(os.getpid(), flush=True)
for line in sys.stdin:
    until = time.process_time() + float(line)
    while time.process_time() < until:
        pass
    print("done", flush=True)
"""


@pytest.fixture
def worker() -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid
        yield process
        assert process.stdin is not None
        process.stdin.close()


def test_the_system_tells_what_a_real_process_computes(worker: "subprocess.Popen[str]"):
    assert worker.stdin is not None
    assert worker.stdout is not None
    before = process_states()[worker.pid]
    worker.stdin.write("0.2\n")
    worker.stdin.flush()
    assert worker.stdout.readline() == "done\n"
    after = process_states()[worker.pid]
    assert before.parent == after.parent == os.getpid()
    assert after.computed_s - before.computed_s >= 0.2 - A_TICK_S * 2
    assert worker.pid in workers_of(os.getpid(), process_states())


@pytest.mark.parametrize(
    ("said", "seconds"), [("0:00.07", 0.07), ("12:34.50", 754.5), ("1:02:03", 3_723.0), ("4-01:02:03", 349_323.0)]
)
def test_what_ps_says_is_read_on_macos_and_elsewhere(said: str, seconds: float):
    assert seconds_of(said) == pytest.approx(seconds)

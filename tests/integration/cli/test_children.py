"""Child processes: known to be ready, stopped in reverse, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stoflow.cli.output import WorkFailed
from stoflow.cli.run import children as children_module
from stoflow.cli.run import forking
from stoflow.cli.run.children import LOCALHOST, Child, Children, free_port
from stoflow.cli.run.forking import CAN_FORK, FORK_SERVER
from stoflow.cli.run.replacing import replace_dead
from stoflow.domain.facts.processes import ProcessDied
from stoflow.monitoring.logs import Fact
from stoflow.monitoring.record import listen, unlisten
from stoflow.transports.api_client import is_ready
from stoflow.transports.direct.client import DirectClient

GONE_WITHIN_S = 20

PARENT = """
import sys
from pathlib import Path
from stoflow.cli.run.child import run_command
from stoflow.cli.run.children import Children, make_forking
opened = Path(sys.argv[1], "lock").open("w")
become = None if sys.argv[2] == "a program" else run_command
forking = make_forking(become=become, forks_itself=sys.argv[2] == "itself")
children = Children({}, Path(sys.argv[1]), forking=forking.__enter__())
pids = [children.start(f"sandbox{number}", "sandbox", "--port", "0").process.pid for number in range(2)]
print(*pids, flush=True)
sys.stdin.read()
"""
SUPERVISOR = """
import sys
from pathlib import Path
from threading import Thread
from stoflow.cli.run.child import run_command
from stoflow.cli.run.children import Children, make_forking
from stoflow.cli.run.serving import until_stopped
folder = Path(sys.argv[1])
with (
    make_forking(become=run_command, forks_itself=True) as forking,
    until_stopped() as stopped,
    Children({"STOFLOW_HOME": str(folder)}, folder, forking=forking) as children,
):
    print("not written yet", end="")  # for a child to write a second time
    threads = [Thread(target=stopped.wait if sys.argv[2] == "with a thread" else int, daemon=True) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads if sys.argv[2] != "with a thread" else ():
        thread.join()  # which the system still counts for a moment
    first = children.start("sandbox", "sandbox", "--port", "0")
    first.process.terminate()  # before it hears for itself what that means
    code = first.process.wait(20)
    children.run("config")
    second = children.start("other", "sandbox", "--port", "0")
    print(f"\\n{code} {stopped.is_set()} {second.process.pid}", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def http() -> Iterator[DirectClient]:
    client = DirectClient()
    yield client
    client.close()


@pytest.fixture(params=["forked", "programs"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As forks, and as where none can be made."""
    if request.param == "forked" and not CAN_FORK:
        pytest.skip("Processes are forked on Linux only.")
    for module in (children_module, forking):
        monkeypatch.setattr(module, "CAN_FORK", request.param == "forked")


def fork_servers(parent: int) -> list[psutil.Process]:
    return [each for each in psutil.Process(parent).children() if FORK_SERVER in " ".join(each.cmdline())]


def kill_fork_server() -> psutil.Process:
    (server,) = fork_servers(os.getpid())
    server.kill()
    return server


def started(children: Children, http: DirectClient) -> Child:
    port = free_port()
    child = children.start("sandbox", "sandbox", "--port", str(port))
    children.wait_until(lambda: is_ready(http, f"http://{LOCALHOST}:{port}", "/control/ready"), child)
    return child


@pytest.mark.usefixtures("either_way")
def test_a_child_is_waited_for_and_stopped(tmp_path: Path, http: DirectClient):
    with Children({}, tmp_path) as children:
        child = started(children, http)
        children.check()
    assert child.process.returncode in {0, -signal.SIGTERM}
    assert "ready at" in (tmp_path / "sandbox.log").read_text()


@pytest.mark.usefixtures("either_way")
def test_a_child_that_ends_by_itself_is_named_with_its_last_words(tmp_path: Path):
    with Children({}, tmp_path) as children:
        child = children.start("sandbox", "sandbox", "--port", "99999")
        with pytest.raises(WorkFailed, match=r"sandbox ended with code 2\..*99999"):
            children.wait_until(lambda: False, child)


@pytest.mark.usefixtures("either_way")
def test_a_child_that_was_killed_is_started_again_on_request(tmp_path: Path, http: DirectClient):
    with Children({}, tmp_path) as children:
        child = started(children, http)
        child.process.kill()
        child.process.wait()
        assert children.revive(children.ended) == [child]
        assert not child.has_ended
        assert children.revive(children.ended) == []


@pytest.mark.usefixtures("either_way")
def test_a_child_that_does_not_listen_is_killed(tmp_path: Path, http: DirectClient):
    with Children({}, tmp_path) as children:
        child = started(children, http)
        child.process.send_signal(signal.SIGSTOP)
        children.stop(within_s=0.1)
    assert child.process.returncode == -signal.SIGKILL


@pytest.mark.usefixtures("either_way")
def test_children_can_be_asked_all_at_once(tmp_path: Path, http: DirectClient):
    with Children({}, tmp_path) as children:
        first, second = started(children, http), started(children, http)
        children.stop(together=True)
        assert not children.running
    assert first.has_ended
    assert second.has_ended


@pytest.mark.usefixtures("either_way")
def test_each_child_has_its_own_variables_and_its_own_log(tmp_path: Path):
    with Children({"STOFLOW_HOME": str(tmp_path)}, tmp_path) as children:
        one = children.start("one", "config", STOFLOW_PORT="8181")
        other = children.start("other", "config", STOFLOW_PORT="none")
        assert (one.process.wait(GONE_WITHIN_S), other.process.wait(GONE_WITHIN_S)) == (0, 2)
    assert "8181" in (tmp_path / "one.log").read_text()
    assert "STOFLOW_PORT" in other.last_words()


@pytest.mark.usefixtures("either_way")
def test_a_command_is_run_to_its_end_and_its_failure_is_ours(tmp_path: Path):
    with Children({"STOFLOW_HOME": str(tmp_path)}, tmp_path) as children:
        children.run("config")
        with pytest.raises(WorkFailed, match=r"alive ended with code 2\..*Invalid value"):
            children.run("alive", "nobody")
        assert not children.running


forks = pytest.mark.skipif(not CAN_FORK, reason="Processes are forked on Linux only.")


@forks
def test_forked_children_are_ours_with_sessions_and_titles_of_their_own(tmp_path: Path, http: DirectClient):
    with Children({}, tmp_path) as children:
        child = psutil.Process(started(children, http).process.pid)
        (server,) = fork_servers(os.getpid())
        assert server.num_threads() == 1
        assert child.ppid() == os.getpid()
        assert os.getsid(child.pid) == child.pid
        assert " ".join(child.cmdline()).startswith("stoflow sandbox --port")
    assert not server.is_running()


@forks
def test_a_killed_fork_server_takes_nobody_along_and_the_next_child_comes_from_another(
    tmp_path: Path, http: DirectClient
):
    with Children({}, tmp_path) as children:
        first = started(children, http)
        before = kill_fork_server()
        second = started(children, http)
        assert not first.has_ended
        assert fork_servers(os.getpid()) != [before]
        first.process.kill()
        first.process.wait()
        assert children.revive(children.ended) == [first]
    assert second.has_ended
    assert not fork_servers(os.getpid())


@forks
def test_a_fork_server_that_hangs_is_replaced(tmp_path: Path, http: DirectClient, monkeypatch: pytest.MonkeyPatch):
    with Children({}, tmp_path) as children:
        started(children, http)
        children.forking.close()
        monkeypatch.setattr(forking, "ANSWERS_WITHIN_S", 0.2)
        with children.forking:
            (hanging,) = fork_servers(os.getpid())
            hanging.suspend()
            monkeypatch.undo()
            assert not started(children, http).has_ended
            assert fork_servers(os.getpid()) != [hanging]


@forks
def test_where_fork_servers_end_again_and_again_a_child_is_a_program_of_its_own(tmp_path: Path):
    with Children({"STOFLOW_HOME": str(tmp_path)}, tmp_path) as children:
        children.forking.close()
        children.forking = forking.Forking([sys.executable, "-c", "import sys; sys.exit(sys.argv[1])"])
        children.run("config")


@forks
@pytest.mark.parametrize(("beside", "servers"), [("without a thread", 0), ("with a thread", 1)])
def test_who_has_no_thread_forks_itself_and_its_children_hear_signals_as_programs_do(
    tmp_path: Path, beside: str, servers: int
):
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path), beside]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdin
        assert parent.stdout.readline() == "not written yet\n"
        code, stopped, child = parent.stdout.readline().split()
        assert " ".join(psutil.Process(int(child)).cmdline()).startswith("stoflow sandbox --port")
        assert len(fork_servers(parent.pid)) == servers
        parent.stdin.close()
    assert int(code) in {0, -signal.SIGTERM}
    assert stopped == "False"
    assert parent.returncode == 0
    assert "STOFLOW_HOME" in (tmp_path / "config.log").read_text()


@forks
@pytest.mark.parametrize("closed", ["<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_children_run_where_standard_files_are_closed(tmp_path: Path, closed: str):
    ends = SUPERVISOR.replace("    sys.stdin.read()\n", "").replace(
        "flush=True", "file=Path(sys.argv[1], 'said').open('w')"
    )
    command = f'exec "$0" -c "$1" "$2" alone {closed}'
    assert subprocess.run(["sh", "-c", command, sys.executable, ends, str(tmp_path)], check=False).returncode == 0
    code, stopped, _ = (tmp_path / "said").read_text().split()
    assert int(code) in {0, -signal.SIGTERM}
    assert stopped == "False"


@forks
def test_a_child_that_cannot_be_started_again_is_tried_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Children({"STOFLOW_HOME": str(tmp_path)}, tmp_path) as children:
        child = children.start("config", "config")
        child.process.wait(GONE_WITHIN_S)
        ended, others = children.ended, os.pipe()
        with monkeypatch.context() as patched:
            patched.setattr(children_module, "_run", refuse)
            patched.setattr(forking.Forking, "fork", refuse)
            assert (children.revive(ended), children.revive(ended)) == ([], [])
        for file in others:
            os.close(file)  # nobody else has closed it
        assert children.revive(children.ended) == [child]
        child.process.wait(GONE_WITHIN_S)
    assert (tmp_path / "config.log").read_text().count("STOFLOW_HOME") >= 2


def test_a_child_that_gives_up_while_it_begins_is_not_started_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with Children({"STOFLOW_HOME": str(tmp_path), "STOFLOW_PORT": "none"}, tmp_path) as children:
        child = children.start("config", "config")
        assert child.process.wait(GONE_WITHIN_S) > 0
        child.started_s = time.monotonic()  # however slow this machine is
        assert children.revive(children.ended) == []
        monkeypatch.setattr(children_module, "BEGINS_FOR_S", 0.0)
        assert children.revive(children.ended) == [child]
        child.process.wait(GONE_WITHIN_S)


def test_all_who_died_are_said_and_started_again_also_where_nobody_can_be_told(
    tmp_path: Path, request: pytest.FixtureRequest
):
    facts: list[Fact] = []
    listen(facts.append)
    request.addfinalizer(lambda: unlisten(facts.append))
    with Children({"STOFLOW_HOME": str(tmp_path)}, tmp_path) as children:
        died = [children.start(name, "config") for name in ("one", "other")]
        for child in died:
            child.process.wait(GONE_WITHIN_S)
        pids = [child.process.pid for child in died]
        assert replace_dead(children, f"postgresql://nobody@{LOCALHOST}:{free_port()}/none") == died
        assert [child.process.pid for child in died] != pids
    assert [fact.process for fact in facts if isinstance(fact, ProcessDied)] == pids
    assert sum(not isinstance(fact, ProcessDied) for fact in facts) == 1  # one question for both


def refuse(*_: object, **__: object) -> None:
    raise BlockingIOError(11, "Resource temporarily unavailable")


@pytest.mark.parametrize("way", ["a program", pytest.param("forked", marks=forks), pytest.param("itself", marks=forks)])
def test_children_end_when_their_parent_is_killed_and_hold_nothing_of_its_own(tmp_path: Path, way: str):
    command = [sys.executable, "-c", PARENT, str(tmp_path), way]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        children = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        everybody = [*children, *fork_servers(parent.pid)]
        held = {file.path for process in everybody for file in process.open_files()}
        parent.kill()
    _, outlived = psutil.wait_procs(everybody, GONE_WITHIN_S)
    for process in outlived:
        process.kill()
    assert not outlived
    assert str(tmp_path / "lock") not in held

"""Child processes: known to be ready, stopped in reverse, and never left behind."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stoflow.cli.output import WorkFailed
from stoflow.cli.run.children import LOCALHOST, Child, Children, free_port
from stoflow.transports.api_client import is_ready
from stoflow.transports.direct.client import DirectClient

GONE_WITHIN_S = 20

PARENT = """
import sys
from pathlib import Path
from stoflow.cli.run.children import Children
children = Children({}, Path(sys.argv[1]))
child = children.start("sandbox", "sandbox", "--port", "0")
print(child.process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def http() -> Iterator[DirectClient]:
    client = DirectClient()
    yield client
    client.close()


def started(children: Children, http: DirectClient) -> Child:
    port = free_port()
    child = children.start("sandbox", "sandbox", "--port", str(port))
    children.wait_until(lambda: is_ready(http, f"http://{LOCALHOST}:{port}", "/control/ready"), child)
    return child


def test_a_child_is_waited_for_and_stopped(tmp_path: Path, http: DirectClient):
    with Children({}, tmp_path) as children:
        child = started(children, http)
        children.check()
    assert child.process.returncode in {0, -signal.SIGTERM}
    assert "ready at" in (tmp_path / "sandbox.log").read_text()


def test_a_child_that_ends_by_itself_is_named_with_its_last_words(tmp_path: Path):
    with Children({}, tmp_path) as children:
        child = children.start("sandbox", "sandbox", "--port", "99999")
        with pytest.raises(WorkFailed, match=r"sandbox ended with code 2\..*99999"):
            children.wait_until(lambda: False, child)


def test_a_child_that_was_killed_is_started_again_on_request(tmp_path: Path, http: DirectClient):
    with Children({}, tmp_path) as children:
        child = started(children, http)
        child.process.kill()
        child.process.wait()
        assert children.revive() == [child]
        assert not child.has_ended
        assert children.revive() == []


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path, http: DirectClient):
    with Children({}, tmp_path) as children:
        child = started(children, http)
        child.process.send_signal(signal.SIGSTOP)
        children.stop(within_s=0.1)
    assert child.process.returncode == -signal.SIGKILL


def test_children_can_be_asked_all_at_once(tmp_path: Path, http: DirectClient):
    with Children({}, tmp_path) as children:
        first, second = started(children, http), started(children, http)
        children.stop(together=True)
        assert not children.running
    assert first.has_ended
    assert second.has_ended


def test_children_end_when_their_parent_is_killed(tmp_path: Path):
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    try:
        child.wait(GONE_WITHIN_S)
    finally:
        if child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
            child.kill()
            pytest.fail("The child outlived its parent.")

"""`stoflow top` on a terminal of its own, over the real API: it draws, takes keys, and leaves the terminal as it was."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.tenants.roles import change_role
from stoflow.wiring.tokens import access_tokens

WITHIN_S = 60


@pytest.fixture
def command(
    settings: Settings, database: Database, tenants: Callable[[], TenantId], real_url: str, tmp_path: Path
) -> list[str]:
    helper, file = tenants(), tmp_path / "token"
    change_role(database, helper, Role.SUPPORT, OPERATOR)
    file.write_text(access_tokens(settings).issue_access_token(helper, role=Role.SUPPORT))
    return [sys.executable, "-m", "stoflow", "top", "--url", real_url, "--token-file", str(file)]


class Screen:
    """A terminal of 40 lines of 160 characters, and the command that draws on it."""

    def __init__(self, command: list[str]) -> None:
        self._ours, self.theirs = pty.openpty()
        termios.tcsetwinsize(self.theirs, (40, 160))
        self.before = termios.tcgetattr(self.theirs)
        environment = os.environ | {"TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            command, stdin=self.theirs, stdout=self.theirs, stderr=self.theirs, env=environment
        )
        self._drawn = ""

    def shows(self, text: str) -> None:
        """Wait until it is drawn after what was waited for before."""
        ends_at = time.monotonic() + WITHIN_S
        while text not in self._drawn:
            ready, _, _ = select.select([self._ours], [], [], max(0.0, ends_at - time.monotonic()))
            assert ready, f"{text!r} was not shown:\n{self._drawn}"
            self._drawn += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", os.read(self._ours, 65536).decode(errors="replace"))
        self._drawn = self._drawn.partition(text)[2]

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self.theirs)


@pytest.fixture
def screen(command: list[str]) -> Iterator[Screen]:
    made = Screen(command)
    yield made
    made.close()


def test_it_is_watched_on_a_terminal_and_keys_are_taken(screen: Screen) -> None:
    screen.shows("flows NO")
    screen.shows("No worker is running. stoflow worker")
    screen.type(" ")
    screen.shows("PAUSED")
    screen.type("fetsy\r")
    screen.shows("only 'etsy'")
    screen.type("j12\r")
    screen.shows("There is no job 12.")
    screen.type("q")
    assert screen.process.wait(WITHIN_S) == 0
    assert termios.tcgetattr(screen.theirs) == screen.before


def test_one_look_is_a_document_for_programs_and_without_a_terminal_it_says_what_to_do(command: list[str]) -> None:
    found = subprocess.run([*command, "--once", "--json"], capture_output=True, check=True, timeout=WITHIN_S)
    said = json.loads(found.stdout)
    assert (said["scope"], said["shares"], len(said["marketplaces"])) == ("everything", [], 3)
    refused = subprocess.run(command, capture_output=True, check=False, timeout=WITHIN_S, stdin=subprocess.DEVNULL)
    assert refused.returncode == 2
    assert b"`stoflow top --once`" in refused.stderr

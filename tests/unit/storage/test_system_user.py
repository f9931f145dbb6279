"""What is opened to the servers' user, and no more."""

import os
import pwd
import stat
from pathlib import Path

import pytest

from stoflow.storage.servers import system_user
from stoflow.storage.servers.system_user import give, let_read, let_through, server_user


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_on_the_way_can_be_passed_but_not_read(tmp_path: Path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    target = private / "data"
    target.mkdir(mode=0o700)
    let_through(target)
    assert mode(private) == 0o711
    assert mode(target) == 0o700


def test_programs_can_be_read_and_only_programs_be_run(tmp_path: Path):
    folder = tmp_path / "bin"
    folder.mkdir(mode=0o700)
    program, table = folder / "postgres", folder / "table"
    program.touch(mode=0o700)
    table.touch(mode=0o600)
    (folder / "link").symlink_to(tmp_path / "nowhere")
    let_read(folder)
    assert (mode(folder), mode(program), mode(table)) == (0o755, 0o755, 0o644)


def test_an_ordinary_user_runs_the_servers_as_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert server_user(tmp_path) is None
    give(tmp_path, None)
    assert tmp_path.stat().st_uid == os.getuid()


def test_where_no_user_can_be_made_root_runs_them_as_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_user, "SERVER_USER", "stoflow-no-such-user")
    monkeypatch.setattr(system_user.shutil, "which", lambda name, path: None)
    assert server_user(tmp_path / "none yet") == pwd.getpwnam("nobody")


def test_a_user_that_cannot_be_made_is_not_taken_for_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_user, "SERVER_USER", "stoflow-no-such-user")
    monkeypatch.setattr(system_user.shutil, "which", lambda name, path: "false")
    assert server_user(tmp_path / "none yet") == pwd.getpwnam("nobody")

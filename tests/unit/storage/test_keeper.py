"""The keeper asks whether anybody uses its servers without being taken for a user itself."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from stoflow.storage.servers import keeper


@dataclass
class Idle:
    """A keeper whose servers need no mending."""

    folder: Path

    def mend(self) -> None:
        pass


@pytest.mark.parametrize("free", [True, False])
def test_users_are_looked_for_only_while_nobody_can_join_or_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: bool
) -> None:
    tried: list[str] = []
    looks = iter([free, True])

    def try_lock(lock: int) -> bool:
        names = {path.stat().st_ino: path.name for path in tmp_path.iterdir()}
        tried.append(names[os.fstat(lock).st_ino])
        return tried[-1] == "users.lock" or next(looks)

    monkeypatch.setattr(keeper, "try_lock", try_lock)
    monkeypatch.setattr(keeper, "LOOK_EVERY_S", 0.0)
    wake, other = socket.socketpair()
    wake.setblocking(False)

    with wake, other:
        keeper.run(cast("keeper.Keeper", Idle(tmp_path)), wake, [])

    assert tried == (["start.lock", "users.lock"] if free else ["start.lock", "start.lock", "users.lock"])

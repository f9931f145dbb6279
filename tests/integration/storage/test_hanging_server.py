"""An embedded PostgreSQL that neither answers nor works is given up with one line, and started again."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import psycopg
import pytest

from stoflow.storage.servers import server_processes
from stoflow.storage.servers.embedded import FOLDER
from stoflow.storage.servers.keeper import Keeper
from stoflow.storage.servers.keeping import keeper_order
from stoflow.storage.servers.server_processes import ServerFailed

# A standby that answers nobody, and waits for what never comes.
HANGING = "hot_standby = off\nwal_retrieve_retry_interval = '1d'\n"
GIVEN_UP = "The embedded postgresql does not answer, and has done nothing for 1 s: "


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    # Not tmp_path: pytest keeps those folders, and a data folder has 40 MB.
    with TemporaryDirectory(prefix="stoflow-home-") as home:
        folder = Path(home) / FOLDER
        folder.mkdir()
        made = Keeper(keeper_order(folder, durable=False))
        made.start()
        try:
            yield made
        finally:
            made.stop()


@pytest.fixture
def hanging(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let PostgreSQL hang at its next start for as long as the file is there."""
    monkeypatch.setattr(server_processes, "READY_WITHIN_S", 1.0)
    (keeper.places.data / "postgresql.auto.conf").write_text(HANGING)
    signal_file = keeper.places.data / "standby.signal"
    signal_file.touch()
    return signal_file


def kill(keeper: Keeper) -> None:
    pid = int(keeper.places.postmaster_pid.read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def answers(keeper: Keeper) -> bool:
    with psycopg.connect(f"postgresql://postgres@/postgres?host={quote(str(keeper.places.sockets), safe='')}") as each:
        return each.execute("SELECT 1").fetchone() == (1,)


def test_one_that_hangs_when_it_is_started_again_is_told_of_and_tried_anew(
    keeper: Keeper, hanging: Path, caplog: pytest.LogCaptureFixture
):
    kill(keeper)
    keeper.mend()
    assert [GIVEN_UP in message for message in caplog.messages] == [True]
    assert "\n" not in caplog.messages[0]

    hanging.unlink()
    keeper.mend()
    assert answers(keeper)


@pytest.mark.usefixtures("hanging")
def test_one_that_hangs_at_the_first_start_is_refused_with_what_it_said_last(keeper: Keeper):
    keeper.stop()
    again = Keeper(keeper_order(keeper.folder, durable=False))
    try:
        with pytest.raises(ServerFailed, match=GIVEN_UP):
            again.start()
    finally:
        again.stop()

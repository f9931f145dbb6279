"""The embedded PostgreSQL has as many locks as its tenants need, and no more memory for them than that."""

from pathlib import Path

import pytest

from stoflow.storage.servers import server_processes
from stoflow.storage.servers.server_processes import LEAST_LOCKS, MOST_LOCKS, locks_for


@pytest.mark.parametrize(
    ("files", "locks"), [(0, LEAST_LOCKS), (2 * LEAST_LOCKS, 2 * LEAST_LOCKS), (2 * MOST_LOCKS, MOST_LOCKS)]
)
def test_locks_follow_the_files_of_all_databases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int, locks: int
) -> None:
    monkeypatch.setattr(server_processes, "FILES_A_LOCK", 1)
    for number in range(files):
        folder = tmp_path / "base" / str(number % 2)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / str(number)).touch()

    assert locks_for(tmp_path) == locks


def test_a_server_without_data_yet_begins_with_the_least(tmp_path: Path) -> None:
    assert locks_for(tmp_path / "postgresql") == LEAST_LOCKS

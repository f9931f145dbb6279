"""A PgBouncer of a test run's own, in transaction mode, before the server the tests use."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from stoflow.storage.database.connecting import plain_url
from stoflow.storage.servers.system_user import give, server_user

PORT = 6432
LOOK_EVERY_S = 0.02
FORWARDED = ("host", "port", "user", "password")
# Few server connections for many clients, so that one is lent from hand to hand after every transaction.
SETTINGS = {
    "listen_addr": "",
    "listen_port": str(PORT),
    "auth_type": "any",
    "pool_mode": "transaction",
    "default_pool_size": "6",
    "max_client_conn": "500",
    "query_wait_timeout": "5",
    "server_idle_timeout": "5",
    # Only what is wrong.
    "log_connections": "0",
    "log_disconnections": "0",
    "log_pooler_errors": "0",
    "log_stats": "0",
}


@contextmanager
def pooler_before(database_url: str, program: str, **changed: str) -> Iterator[str]:
    """Yield the URL by which the server of `database_url` is reached through PgBouncer."""
    with TemporaryDirectory(prefix="pooler-") as name:
        folder = Path(name)
        user = server_user(folder)
        give(folder, user)
        written = _write(folder, database_url, SETTINGS | changed)
        give(written, user)
        identity = (None, None) if user is None else (user.pw_uid, user.pw_gid)
        log = folder / "pgbouncer.log"
        # A file: a pipe that nobody reads would be full one day, and the pooler would stand still.
        with (
            log.open("wb") as said,
            subprocess.Popen([program, str(written)], stderr=said, user=identity[0], group=identity[1]) as process,
        ):
            _until_it_is_up(process, log)
            yield make_url_of(folder, database_url)
            process.terminate()


def make_url_of(folder: Path, database_url: str) -> str:
    given = conninfo_to_dict(plain_url(database_url))
    return f"postgresql://{given.get('user', 'postgres')}@/{given.get('dbname', 'postgres')}?host={folder}&port={PORT}"


def _write(folder: Path, database_url: str, settings: Mapping[str, str]) -> Path:
    given = conninfo_to_dict(plain_url(database_url))
    server = make_conninfo("", **{key: given[key] for key in FORWARDED if given.get(key)})
    lines = ["[databases]", f"* = {server}", "[pgbouncer]", f"unix_socket_dir = {folder}"]
    lines += [f"{key} = {value}" for key, value in settings.items()]
    written = folder / "pgbouncer.ini"
    written.write_text("\n".join([*lines, ""]))
    return written


def _until_it_is_up(process: subprocess.Popen[bytes], log: Path) -> None:
    while "process up" not in log.read_text(errors="replace"):
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_EVERY_S)
            pytest.fail(f"PgBouncer does not start: {log.read_text(errors='replace')}")

"""The embedded servers: joined, left, killed, and back again."""

import fcntl
import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest
import redis

import stoflow
from stoflow import settings as stoflow_settings
from stoflow.domain.errors import DatabaseUnavailable
from stoflow.storage.database.session import Database
from stoflow.storage.servers.embedded import resolve_servers, server_pids, servers
from stoflow.storage.servers.keeping import ServerPids

USER = """
import sys
from pathlib import Path
from stoflow.storage.servers.embedded import servers
with servers(Path(sys.argv[1]), durable=False) as urls:
    print(urls.database_url, flush=True)
    sys.stdin.read()
"""


@contextmanager
def a_home() -> Iterator[Path]:
    # Not tmp_path: pytest keeps those folders, and a data folder has 40 MB.
    with TemporaryDirectory(prefix="stoflow-home-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One home for all: each test leaves its servers stopped, and making the data folder takes a second."""
    with a_home() as folder:
        yield folder


@pytest.fixture
def own_home() -> Iterator[Path]:
    with a_home() as folder:
        yield folder


Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def start_user(home: Path) -> Iterator[Start]:
    """Start another process that uses the servers until its standard input ends."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        root = str(Path(stoflow.__file__).parent.parent)
        command = [sys.executable, "-c", USER, str(home)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env={**os.environ, "PYTHONPATH": root})
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    until_ended(home)


def url_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def until_ended(home: Path) -> None:
    """Wait for the keeper to end: it holds this lock while it lives."""
    with (home / "servers" / "keeper.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def each_is_gone(pids: ServerPids) -> bool:
    return all(map(is_gone, (pids.keeper, pids.postgresql, pids.valkey)))


def is_gone(pid: int) -> bool:
    """Wait for a process to end; a dead one that nobody has reaped yet has ended."""
    for _ in range(200):
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
            process.wait(timeout=0.1)
        except psutil.NoSuchProcess:
            return True
        except psutil.TimeoutExpired:
            continue
    return False


def answers(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_both_servers_answer_and_redis_never_evicts(home: Path):
    with servers(home, durable=False) as urls:
        assert answers(urls.database_url)
        with redis.Redis.from_url(urls.redis_url) as client:
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_postgresql_keeps_its_durability_unless_told_otherwise(home: Path):
    with servers(home) as urls, psycopg.connect(urls.database_url) as connection:
        kept = [connection.execute(f"SHOW {name}".encode()).fetchone() for name in ("fsync", "synchronous_commit")]
    assert kept == [("on",), ("on",)]


def test_a_second_user_joins_and_the_last_one_out_stops_the_servers(home: Path):
    with servers(home, durable=False) as first:
        pids = server_pids(home)
        with servers(home, durable=False) as second:
            assert (second, server_pids(home)) == (first, pids)
        assert answers(first.database_url)
    assert each_is_gone(pids)


def test_processes_that_start_at_once_share_the_same_servers(home: Path, start_user: Start):
    users = [start_user() for _ in range(3)]
    assert len({url_of(user) for user in users}) == 1


def test_the_servers_outlive_the_process_that_started_them(home: Path, start_user: Start):
    starter = start_user()
    assert url_of(starter)
    with servers(home, durable=False) as urls:
        starter.kill()
        starter.wait()
        assert answers(urls.database_url)


def test_the_servers_end_when_their_only_user_is_killed(home: Path, start_user: Start):
    user = start_user()
    assert url_of(user)
    pids = server_pids(home)
    user.kill()
    until_ended(home)
    assert each_is_gone(pids)


def test_a_forked_child_that_goes_on_keeps_the_servers(home: Path):
    reading, writing = os.pipe()
    with servers(home, durable=False) as urls:
        pids = server_pids(home)
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
    assert answers(urls.database_url)
    os.close(writing)
    os.close(reading)
    os.waitpid(child, 0)
    until_ended(home)
    assert each_is_gone(pids)


def test_after_kill_9_of_everything_the_next_start_finds_its_data(home: Path, start_user: Start):
    user = start_user()
    with psycopg.connect(url_of(user)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    pids = server_pids(home)
    for pid in (user.pid, pids.keeper, pids.postgresql, pids.valkey):
        os.kill(pid, signal.SIGKILL)
    with servers(home, durable=False) as urls, psycopg.connect(urls.database_url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    assert each_is_gone(pids)


@pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere the next start ends what a killed keeper left.")
def test_the_servers_end_with_their_keeper(home: Path, start_user: Start):
    assert url_of(start_user())
    pids = server_pids(home)
    os.kill(pids.keeper, signal.SIGKILL)
    assert each_is_gone(pids)


def test_the_pid_of_a_dead_server_may_belong_to_another_process_now(home: Path):
    with servers(home, durable=False):
        pass
    stale = home / "servers" / "postgresql" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n1\n5432\n/tmp\n\n")
    with servers(home, durable=False) as urls:
        assert answers(urls.database_url)


def test_a_server_that_dies_is_started_again_under_the_same_url(home: Path):
    with servers(home, durable=False) as urls:
        database = Database(urls.database_url)
        before = server_pids(home)
        os.kill(before.postgresql, signal.SIGKILL)
        os.kill(before.valkey, signal.SIGKILL)
        assert until_it_answers(database) == {"n": 1}
        database.close()
        assert server_pids(home).postgresql != before.postgresql


def test_a_killed_keeper_comes_back_with_its_servers_under_the_same_urls(home: Path):
    with servers(home, durable=False) as urls, servers(home, durable=False):
        database = Database(urls.database_url)
        with database.records() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS public.survived (n int)")
        before = server_pids(home)
        os.kill(before.keeper, signal.SIGKILL)
        assert each_is_gone(before)

        assert until_it_answers(database) == {"n": 1}
        with database.records() as connection, redis.Redis.from_url(urls.redis_url) as client:
            assert connection.execute("SELECT count(*) AS n FROM public.survived").fetchone() == {"n": 0}
            assert client.ping()
        database.close()
        after = server_pids(home)
        assert {after.keeper, after.postgresql, after.valkey}.isdisjoint(
            {before.keeper, before.postgresql, before.valkey}
        )
    assert each_is_gone(after)


def until_it_answers(database: Database) -> object:
    for _ in range(30):
        try:
            with database.records() as connection:
                return connection.execute("SELECT 1 AS n").fetchone()
        except DatabaseUnavailable:
            continue  # each attempt waits by itself
    return None


def test_a_server_that_cannot_start_says_what_it_logged(own_home: Path):
    with servers(own_home, durable=False):
        pass
    (own_home / "servers" / "postgresql" / "PG_VERSION").write_text("9\n")
    with pytest.raises(DatabaseUnavailable, match="not compatible"), servers(own_home, durable=False):
        pass


def test_no_server_runs_as_root_and_their_sockets_are_private(home: Path):
    with servers(home, durable=False) as urls:
        pids = server_pids(home)
        owners = {psutil.Process(pid).uids().effective for pid in (pids.postgresql, pids.valkey)}
        folder = Path(urls.redis_url.removeprefix("unix://").partition("?")[0]).parent
        assert owners == {folder.stat().st_uid}
        assert pwd.getpwnam("root").pw_uid not in owners
        assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IRWXU
    assert not folder.exists()


def test_a_home_with_a_very_long_path_has_short_sockets(own_home: Path):
    deep = own_home / ("long" * 30) / ("longer" * 30)
    deep.mkdir(parents=True)
    with servers(deep, durable=False) as urls:
        assert answers(urls.database_url)


def test_servers_named_by_the_settings_are_used_as_they_are(tmp_path: Path):
    named = stoflow_settings.load(env_file=None, home=tmp_path, database_url="postgresql://h/d", redis_url="redis://h")
    with resolve_servers(named) as urls:
        assert (urls.database_url, urls.redis_url) == ("postgresql://h/d", "redis://h")
    assert not (tmp_path / "servers").exists()


def test_only_the_missing_server_is_stood_in_for(home: Path):
    settings = stoflow_settings.load(env_file=None, home=home, redis_url="redis://named:6379/0")
    with resolve_servers(settings) as urls:
        assert urls.redis_url == "redis://named:6379/0"
        assert answers(urls.database_url)

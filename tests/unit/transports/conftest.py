"""A web server whose every byte a test decides."""

import socket
from collections.abc import Callable, Generator
from threading import Lock, Thread

import pytest

from stoflow.transports.direct.client import DirectClient

Answering = Callable[[socket.socket, bytes], None]


class ScriptedServer:
    """Hands each request of each connection, headers and body, to `answer`, and keeps them."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.connections: list[socket.socket] = []
        self.answer: Answering = respond(200, b"{}")
        self._lock = Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for connection in [self._listener, *self.connections]:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while request := _read_request(connection):
                with self._lock:
                    self.requests.append(request)
                self.answer(connection, request)
        except OSError:
            return


def _read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return b""
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def respond(status: int, body: bytes, *headers: str) -> Answering:
    """Answer every request alike."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    answer = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    return lambda connection, _: connection.sendall(answer)


@pytest.fixture
def server() -> Generator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def client() -> Generator[DirectClient]:
    direct = DirectClient(body_limit_bytes=1000)
    yield direct
    direct.close()


@pytest.fixture
def answering() -> Callable[..., Answering]:
    return respond

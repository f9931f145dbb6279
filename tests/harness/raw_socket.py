"""A websocket client without manners."""

import json
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.harness.serving import WAIT_S


class RawSocket:
    """A client that sends exactly what it is told to."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[str | bytes] = []  # that came before it was closed

    def hello(self, auth: Any) -> "RawSocket":
        self.send("40" + json.dumps(auth))
        answer = self.read()
        assert answer.startswith('40{"sid"'), answer
        return self

    def send(self, frame: str | bytes) -> None:
        self.connection.send(frame)

    def emit(self, event: str, data: Any) -> None:
        self.send("42" + json.dumps([event, data]))

    def read(self) -> str:
        """Return the next frame that is not a ping."""
        while True:
            frame = self.connection.recv(timeout=WAIT_S)
            assert isinstance(frame, str)
            if frame != "2":
                return frame

    def event(self) -> tuple[str, Any]:
        frame = self.read()
        assert frame.startswith("42"), frame
        name, data = json.loads(frame[2:])
        return name, data

    def error(self) -> str:
        """Return the code of the next event, which must be an error."""
        name, data = self.event()
        assert name == "error", (name, data)
        assert data["message"]
        return data["code"]

    def refusal(self) -> str:
        """Return the words with which the connection was refused."""
        frame = self.read()
        assert frame.startswith("44"), frame
        return json.loads(frame[2:])["message"]

    def until_closed(self) -> str:
        """Read until the server closes; return the reason it gave."""
        while True:
            try:
                self.frames.append(self.connection.recv(timeout=WAIT_S))
            except ConnectionClosed as closed:
                return closed.rcvd.reason if closed.rcvd else ""

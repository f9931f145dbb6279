"""The plugin's end of StoFlow's socket: it comes back by itself, with the newest token it knows."""

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import socketio
import socketio.exceptions

from stoflow.domain.errors import ConfigurationError
from stoflow_sandbox.plugin_words import CLOSED, SILENT, refusal_in, unreached

RECONNECT_AT_LEAST_S = 0.2
RECONNECT_AT_MOST_S = 5.0
TOKEN_CHECK_S = 2.0
CONNECT_TIMEOUT_S = 10.0
CONNECT_CHECK_S = 0.05
STOP_TIMEOUT_S = 15.0
# It is no page of StoFlow's, which is what websocket-client calls itself: an api that names its pages refuses that.
NO_PAGE: Mapping[str, Any] = {"suppress_origin": True}


class TokenSource:
    """The access token in force: the one given, the one StoFlow sent since, or the one in a file."""

    def __init__(self, token: str, file: Path | None = None) -> None:
        self._token, self._file = token, file

    def current(self) -> str:
        """Return the newest token; an unreadable file leaves the one known."""
        if self._file:
            with suppress(OSError):
                self._token = self._file.read_text(encoding="utf-8").strip() or self._token
        return self._token

    def renew(self, token: str) -> None:
        """Take a token that StoFlow sent."""
        self._token = token


def _nobody(_: str) -> None:
    """Tell nobody."""


class Link:
    """One thread that keeps one socket open; `on_open` and `on_command` are called from threads of the socket.

    `on_trouble` is told each time that no connection came about, with the reason.
    """

    def __init__(
        self,
        url: str,
        tokens: TokenSource,
        plugin_id: str,
        *,
        on_open: Callable[[], None],
        on_command: Callable[[Mapping[str, Any]], None],
        on_trouble: Callable[[str], None] = _nobody,
    ) -> None:
        self.ready = threading.Event()  # set while the socket is open
        self._url, self._tokens, self._plugin_id = url, tokens, plugin_id
        self._on_open, self._on_command, self._on_trouble = on_open, on_command, on_trouble
        self._stopping, self._dropped = threading.Event(), threading.Event()
        self._socket: socketio.Client | None = None
        self._told = ""  # the token StoFlow has of us
        self._thread = threading.Thread(target=self._keep_open, name=f"{plugin_id}-socket", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        if not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        """Leave and stay away."""
        self._stopping.set()
        self._dropped.set()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT_S)

    def drop(self) -> None:
        """Lose the socket, as a browser that is closed and opened again."""
        self._dropped.set()

    def emit(self, event: str, payload: Mapping[str, Any]) -> None:
        """Say something; what could not be said is asked again after the reconnect."""
        socket = self._socket
        if socket:
            with suppress(socketio.exceptions.SocketIOError):
                socket.emit(event, dict(payload))

    def _keep_open(self) -> None:
        delay_s = RECONNECT_AT_LEAST_S
        while not self._stopping.is_set():
            if self._connect():
                delay_s = RECONNECT_AT_LEAST_S
                self._on_open()
                self._watch()
            self._disconnect()
            self._stopping.wait(delay_s)
            delay_s = min(RECONNECT_AT_MOST_S, delay_s * 2)

    def _connect(self) -> bool:
        self._dropped = dropped = threading.Event()  # of this connection: a late goodbye must not end the next one
        refused = SimpleQueue[str]()
        socket = self._new_socket(dropped, refused)
        self._told = self._tokens.current()
        hello = {"token": self._told, "client": "plugin", "plugin_id": self._plugin_id}
        try:
            # Its own waiting would not notice that StoFlow closes the socket instead of an answer.
            socket.connect(self._url, auth=hello, transports=["websocket"], wait=False)
        except (socketio.exceptions.SocketIOError, ValueError, OSError) as error:
            self._on_trouble(unreached(self._url, error))
            return False
        self._socket = socket
        if not _is_welcome(socket):
            self._on_trouble(_why_not(socket, refused))
            return False
        self.ready.set()
        return True

    def _new_socket(self, dropped: threading.Event, refused: "SimpleQueue[str]") -> socketio.Client:
        socket = socketio.Client(reconnection=False, handle_sigint=False, websocket_extra_options=NO_PAGE)
        socket.on("plugin_command", self._take_command)
        socket.on("token", self._take_token)
        socket.on("connect_error", lambda said=None: refused.put(refusal_in(said)))
        socket.on("disconnect", lambda *_: dropped.set())
        return socket

    def _watch(self) -> None:
        """Stay until the socket is lost; tell StoFlow of a newer token before the old one ends."""
        while not self._dropped.wait(TOKEN_CHECK_S) and not self._stopping.is_set():
            token = self._tokens.current()
            if token != self._told:
                self._told = token
                self.emit("token", {"token": token})

    def _disconnect(self) -> None:
        self.ready.clear()
        socket, self._socket = self._socket, None
        if socket:
            socket.disconnect()
            if socket.eio.ws is not None:
                socket.eio.ws.shutdown()  # which python-engineio leaves open where StoFlow closed it

    def _take_command(self, said: Any) -> None:
        if isinstance(said, dict) and isinstance(said.get("request_id"), str) and isinstance(said.get("action"), str):
            self._on_command(said)

    def _take_token(self, said: Any) -> None:
        if isinstance(said, dict) and isinstance(said.get("token"), str):
            self._told = said["token"]
            self._tokens.renew(self._told)


def _is_welcome(socket: socketio.Client) -> bool:
    """Wait for StoFlow's answer to the hello; a refusal and a closed socket are none."""
    until = time.monotonic() + CONNECT_TIMEOUT_S
    while not socket.get_sid() and socket.eio.state == "connected" and time.monotonic() < until:
        time.sleep(CONNECT_CHECK_S)
    return bool(socket.get_sid()) and socket.eio.state == "connected"


def _why_not(socket: socketio.Client, refused: "SimpleQueue[str]") -> str:
    with suppress(Empty):
        return refused.get_nowait()
    return SILENT if socket.eio.state == "connected" else CLOSED


def tenant_of(token: str) -> int:
    """Return the tenant an access token names; StoFlow is who checks it."""
    try:
        claims = token.split(".")[1]
        return int(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"])
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError("The token of the plugin is not an access token of StoFlow.") from error

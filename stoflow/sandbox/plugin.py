"""The headless reference plugin: takes commands from StoFlow's socket and does them in the seller's Vinted session."""

import base64
import json
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from typing import Any

import httpx
import socketio
import socketio.exceptions

from stoflow.domain.errors import ConfigurationError
from stoflow.sandbox.browser import TIMEOUT_S, Browser, Session
from stoflow.sandbox.commands import COMMANDS, Answer, failed, perform
from stoflow.sandbox.plugin_journal import Journal

RECONNECT_AT_LEAST_S = 0.2
RECONNECT_AT_MOST_S = 5.0
SESSION_CHECK_S = 2.0
CONNECT_TIMEOUT_S = 10
JOURNALED_LOSSES = 0.5  # the others are lost before the journal knows what came of them
STOP_TIMEOUT_S = 15.0
RESPONSE = "plugin_response"
SESSION = "vinted_session_update"
CAPTCHA = "datadome_detected"


@dataclass(frozen=True, slots=True)
class PluginOptions:
    """Who the plugin is and how it misbehaves: `lose` is the share of acts after which it is gone."""

    plugin_id: str = ""
    journal_file: Path | None = None
    token_file: Path | None = None
    lose: float = 0.0
    seed: int = 0
    timeout_s: float = TIMEOUT_S


class HeadlessPlugin:
    """One seller's plugin: two threads, one that keeps the socket, one that does the commands one by one."""

    def __init__(
        self,
        url: str,
        token: str,
        sandbox_url: str,
        options: PluginOptions | None = None,
        *,
        session: Session | None = None,
    ) -> None:
        options = options or PluginOptions()
        self.plugin_id = options.plugin_id or f"headless-{secrets.token_hex(6)}"
        self.ready = threading.Event()  # set while the socket is open
        self._url, self._token = url, token
        self._options = options
        self._tenant = tenant_of(token)
        self._journal = Journal(options.journal_file)
        self._browser = Browser(sandbox_url, session, timeout_s=options.timeout_s)
        self._random = Random(options.seed)
        self._commands: SimpleQueue[Mapping[str, Any] | None] = SimpleQueue()  # None: look whether to stop
        self._stopping, self._dropped = threading.Event(), threading.Event()
        self._session_ok = True
        self._socket: socketio.Client | None = None
        self._threads = [
            threading.Thread(target=self._keep_connected, name=f"plugin-{self._tenant}-socket", daemon=True),
            threading.Thread(target=self._do_commands, name=f"plugin-{self._tenant}-commands", daemon=True),
        ]

    def start(self) -> None:
        """Begin to connect; `ready` says when the socket is open."""
        for thread in self._threads:
            if not thread.is_alive():
                thread.start()

    def stop(self) -> None:
        """Finish the command in hand, leave, close the journal."""
        self._stopping.set()
        self._dropped.set()
        self._commands.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(STOP_TIMEOUT_S)
        self._browser.close()
        self._journal.close()

    def _keep_connected(self) -> None:
        delay_s = RECONNECT_AT_LEAST_S
        while not self._stopping.is_set():
            if self._connect():
                delay_s = RECONNECT_AT_LEAST_S
                self._tell_session()
                self._wait_connected()
            self.ready.clear()
            self._disconnect()
            self._stopping.wait(delay_s)
            delay_s = min(RECONNECT_AT_MOST_S, delay_s * 2)

    def _connect(self) -> bool:
        socket, self._dropped = socketio.Client(reconnection=False, handle_sigint=False), threading.Event()
        socket.on("plugin_command", self._take_command)
        socket.on("token", self._take_token)
        dropped = self._dropped  # of this connection: a late goodbye must not end the next one
        socket.on("disconnect", lambda *_: dropped.set())
        self._token = self._current_token()
        hello = {"token": self._token, "client": "plugin", "plugin_id": self.plugin_id}
        try:
            socket.connect(self._url, auth=hello, transports=["websocket"], wait_timeout=CONNECT_TIMEOUT_S)
        except (socketio.exceptions.SocketIOError, ValueError, OSError):
            return False
        self._socket = socket
        self.ready.set()
        return True

    def _disconnect(self) -> None:
        socket, self._socket = self._socket, None
        if socket:
            socket.disconnect()

    def _wait_connected(self) -> None:
        while not self._dropped.wait(SESSION_CHECK_S) and not self._stopping.is_set():
            token = self._current_token()
            if token != self._token:
                self._token = token
                self._emit("token", {"token": token})

    def _take_command(self, said: Any) -> None:
        if isinstance(said, dict) and isinstance(said.get("request_id"), str) and isinstance(said.get("action"), str):
            self._commands.put(said)

    def _take_token(self, said: Any) -> None:
        if isinstance(said, dict) and isinstance(said.get("token"), str):
            self._token = said["token"]

    def _current_token(self) -> str:
        file = self._options.token_file
        if file is None:
            return self._token
        with suppress(OSError):
            return file.read_text(encoding="utf-8").strip() or self._token
        return self._token

    def _do_commands(self) -> None:
        while not self._stopping.is_set():
            try:
                command = self._commands.get(timeout=SESSION_CHECK_S)
            except Empty:
                self._look_after_session()
                continue
            if command is not None:
                self._do(command)

    def _do(self, command: Mapping[str, Any]) -> None:
        request_id, action = command["request_id"], command["action"]
        acts = action not in COMMANDS or COMMANDS[action].acts  # a read may be done again, so it needs no journal
        answer = self._known_answer(request_id) if acts else None
        if answer is None:
            if _is_past(command.get("deadline")):
                answer = failed("deadline", "The command came after its deadline and was not done.", retryable=True)
                self._emit(RESPONSE, {"request_id": request_id, **answer})
                return
            answer = self._act(command, request_id, action, acts=acts)
        if answer is not None:
            self._emit(RESPONSE, {"request_id": request_id, **answer})

    def _known_answer(self, request_id: str) -> Answer | None:
        answer = self._journal.answer(request_id)
        if answer is not None:
            return dict(answer)
        if self._journal.has_started(request_id):
            return failed("unknown", "The plugin was interrupted in this command: nobody knows what came of it.")
        return None

    def _act(self, command: Mapping[str, Any], request_id: str, action: str, *, acts: bool) -> Answer | None:
        if acts:
            self._journal.start(request_id)
        answer = perform(
            action,
            command.get("payload") or {},
            browser=self._signed_in(),
            fetch_file=self._fetch_file,
            request_id=request_id,
        )
        lost = acts and self._random.random() < self._options.lose
        if acts and not (lost and self._random.random() >= JOURNALED_LOSSES):
            self._journal.finish(request_id, answer)
        if lost:
            self._dropped.set()
            return None
        self._mind_session(answer)
        return answer

    def _signed_in(self) -> Browser:
        if not self._browser.user_id:
            with suppress(httpx.HTTPError):
                self._browser.sign_in_as(self._tenant)
        return self._browser

    def _fetch_file(self, url: str) -> bytes:
        """Fetch a photo from StoFlow itself: a relative address only, so that the token goes nowhere else."""
        if not url.startswith("/") or url.startswith("//"):
            raise ValueError("the address of a photo should be relative")
        reply = httpx.get(f"{self._url}{url}", headers={"authorization": f"Bearer {self._current_token()}"})
        reply.raise_for_status()
        return reply.content

    def _mind_session(self, answer: Answer) -> None:
        code = answer.get("error", {}).get("code")
        if code == "datadome":
            self._session_ok = False
            self._emit(CAPTCHA, {"reason": answer["error"]["message"]})
        elif code in {"session_lost", "http_403"}:
            self._session_ok = False
            self._tell_session(answer["error"]["message"])

    def _look_after_session(self) -> None:
        """Between commands, see whether the person has signed in again or answered the captcha."""
        if self._session_ok or not self.ready.is_set():
            return
        if not self._browser.is_signed_in():
            with suppress(httpx.HTTPError):
                self._browser.sign_in_as(self._tenant)
        self._session_ok = self._browser.is_signed_in()
        if self._session_ok:
            self._tell_session()

    def _tell_session(self, reason: str = "") -> None:
        self._emit(SESSION, {"ok": self._session_ok, "reason": reason})

    def _emit(self, event: str, payload: Mapping[str, Any]) -> None:
        socket = self._socket
        if socket:
            with suppress(socketio.exceptions.SocketIOError):  # what was not said is asked again after the reconnect
                socket.emit(event, dict(payload))


def tenant_of(token: str) -> int:
    """Return the tenant an access token names; StoFlow is who checks it."""
    try:
        claims = token.split(".")[1]
        return int(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"])
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError("The token of the plugin is not an access token of StoFlow.") from error


def _is_past(deadline: Any) -> bool:
    if isinstance(deadline, str):
        with suppress(ValueError):
            return datetime.fromisoformat(deadline).timestamp() < time.time()
    return isinstance(deadline, int | float) and deadline < time.time()

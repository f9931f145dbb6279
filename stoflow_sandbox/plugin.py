"""The headless reference plugin: takes commands from StoFlow's socket and does them in the seller's Vinted session."""

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from typing import Any

import httpx

from stoflow_sandbox.plugin_journal import Journal
from stoflow_sandbox.plugin_link import Link, TokenSource, tenant_of
from stoflow_sandbox.vinted.browser import TIMEOUT_S, Browser, Session
from stoflow_sandbox.vinted.commands import COMMANDS, Answer, FetchedFile, failed, perform

JOURNALED_LOSSES = 0.5  # the others are lost before the journal knows what came of them
SESSION_CHECK_S = 2.0
STOP_TIMEOUT_S = 15.0
RESPONSE = "plugin_response"
SESSION = "vinted_session_update"
CAPTCHA = "datadome_detected"
SESSION_TROUBLE = frozenset({"session_lost", "http_403"})


@dataclass(frozen=True, slots=True)
class Clocks:
    """The time of day, which may be set back, and the seconds that pass, which never are."""

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Received:
    """A command, and the monotonic time from which on it is not done any more."""

    command: Mapping[str, Any]
    until_s: float


@dataclass(frozen=True, slots=True)
class PluginOptions:
    """Who the plugin is and how it misbehaves: `lose` is the share of acts after which it is gone."""

    plugin_id: str = ""
    journal_file: Path | None = None
    token_file: Path | None = None
    lose: float = 0.0
    seed: int = 0
    timeout_s: float = TIMEOUT_S
    clocks: Clocks = field(default_factory=Clocks)


class HeadlessPlugin:
    """One seller's plugin: one thread keeps the socket, another does the commands one by one."""

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
        self._tenant = tenant_of(token)
        self._url, self._tokens = url, TokenSource(token, options.token_file)
        self._stoflow = httpx.Client(base_url=url, timeout=options.timeout_s)
        self._browser = Browser(sandbox_url, session, timeout_s=options.timeout_s)
        self._journal = Journal(options.journal_file)
        self._lose, self._random = options.lose, Random(options.seed)
        self._clocks = options.clocks
        self._commands: SimpleQueue[Received | None] = SimpleQueue()  # None: say how the session is
        self._stopping = threading.Event()
        self._session_ok = True
        self._link = Link(
            url,
            self._tokens,
            self.plugin_id,
            on_open=lambda: self._commands.put(None),
            on_command=self._receive,
        )
        self.ready = self._link.ready
        self._thread = threading.Thread(target=self._do_commands, name=f"{self.plugin_id}-commands", daemon=True)

    def start(self) -> None:
        """Begin to connect; `ready` is set while the socket is open."""
        self._link.start()
        if not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        """Finish the command in hand, leave, close the journal."""
        self._stopping.set()
        self._commands.put(None)
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT_S)
        self._link.stop()
        self._browser.close()
        self._stoflow.close()
        self._journal.close()

    def _do_commands(self) -> None:
        while not self._stopping.is_set():
            try:
                received = self._commands.get(timeout=SESSION_CHECK_S)
            except Empty:
                self._look_after_session()
                continue
            if received is None:
                self._greet()
            elif answer := self._answer(received):
                self._link.emit(RESPONSE, {"request_id": received.command["request_id"], **answer})

    def _receive(self, command: Mapping[str, Any]) -> None:
        """Put it in line; its deadline is a time of day, so what is left is counted from now on."""
        left_s = _time_of(command.get("deadline")) - self._clocks.wall()
        self._commands.put(Received(command, self._clocks.monotonic() + left_s))

    def _answer(self, received: Received) -> Answer | None:
        """Return what to say, None where the plugin is to be gone before it says anything."""
        command = received.command
        request_id, action = command["request_id"], command["action"]
        if action in COMMANDS and not COMMANDS[action].acts:  # a read may be done again, so it needs no journal
            return self._minded(self._perform(command))
        known = self._known_answer(request_id)
        if known is not None:
            return known
        if self._clocks.monotonic() > received.until_s:
            return failed("deadline", "The command came after its deadline and was not done.", retryable=True)
        return self._act(command, request_id)

    def _known_answer(self, request_id: str) -> Answer | None:
        answer = self._journal.answer(request_id)
        if answer is not None:
            self._journal.note(request_id, "replayed")
            return dict(answer)
        if self._journal.has_started(request_id):
            self._journal.note(request_id, "interrupted")
            return failed("unknown", "The plugin was interrupted in this command: nobody knows what came of it.")
        return None

    def _act(self, command: Mapping[str, Any], request_id: str) -> Answer | None:
        self._journal.start(request_id)
        answer = self._perform(command)
        is_lost = self._random.random() < self._lose
        if not is_lost or self._random.random() < JOURNALED_LOSSES:
            self._journal.finish(request_id, answer)
        if is_lost:
            self._journal.note(request_id, "lost")
            self._link.drop()
            return None
        return self._minded(answer)

    def _perform(self, command: Mapping[str, Any]) -> Answer:
        if not self._browser.user_id:
            self._sign_in()
        return perform(
            command["action"],
            command.get("payload") or {},
            browser=self._browser,
            fetch_file=self._fetch_file,
            request_id=str(command.get("attempt") or command["request_id"]),  # what the ledger calls it
        )

    def _fetch_file(self, url: str) -> FetchedFile:
        """Fetch a photo from StoFlow itself: a relative address only, so that the token goes nowhere else."""
        if not url.startswith("/") or url.startswith("//"):
            raise ValueError("the address of a photo should be relative")
        reply = self._stoflow.get(url, headers={"authorization": f"Bearer {self._tokens.current()}"})
        reply.raise_for_status()
        return FetchedFile(reply.content, reply.headers.get("content-type", ""))

    def _minded(self, answer: Answer) -> Answer:
        """Tell StoFlow of a session in trouble before the answer that shows it."""
        error = answer.get("error", {})
        if error.get("code") == "datadome":
            self._session_ok = False
            self._link.emit(CAPTCHA, {"reason": error["message"]})
        elif error.get("code") in SESSION_TROUBLE:
            self._session_ok = False
            self._tell_session(error["message"])
        return answer

    def _greet(self) -> None:
        """Say on a new connection whether the session works, as far as the site can tell."""
        if not self._stopping.is_set():
            self._check_session()
            self._tell_session()

    def _look_after_session(self) -> None:
        """Between commands, see whether the person has signed in again or answered the captcha."""
        if not self._session_ok and self.ready.is_set():
            self._sign_in()
            self._check_session()
            if self._session_ok:
                self._tell_session()

    def _check_session(self) -> None:
        if not self._browser.user_id:
            self._sign_in()
        is_signed_in = self._browser.is_signed_in()
        if is_signed_in is not None:
            self._session_ok = is_signed_in

    def _sign_in(self) -> None:
        with suppress(httpx.HTTPError):  # the site's answer to the next call says it all
            self._browser.sign_in_as(self._tenant)

    def _tell_session(self, reason: str = "") -> None:
        self._link.emit(SESSION, {"ok": self._session_ok, "reason": reason})


def _time_of(deadline: Any) -> float:
    """Return a deadline in seconds since 1970; what is none never comes."""
    if isinstance(deadline, str):
        with suppress(ValueError):
            return datetime.fromisoformat(deadline).timestamp()
    return float(deadline) if isinstance(deadline, int | float) else inf

"""The headless reference plugin: takes commands from StoFlow's socket and does them in the seller's own sessions."""

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from typing import Any

import httpx

from stoflow.monitoring.traces import span, traceparent_in
from stoflow_sandbox.browsing import TIMEOUT_S, Answer, FetchedFile, failed, open_browsers
from stoflow_sandbox.market import Market
from stoflow_sandbox.markets import known_markets
from stoflow_sandbox.plugin_journal import Journal
from stoflow_sandbox.plugin_link import Link, TokenSource, tenant_of
from stoflow_sandbox.plugin_session import PluginSession
from stoflow_sandbox.plugin_words import Tell, Telling

JOURNALED_LOSSES = 0.5  # the others are lost before the journal knows what came of them
SESSION_CHECK_S = 2.0
STOP_TIMEOUT_S = 15.0
RESPONSE = "plugin_response"


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
    """Who the plugin is, whom it `tell`s of its connection, and how it misbehaves: `lose` is the share of acts after
    which it is gone."""

    plugin_id: str = ""
    journal_file: Path | None = None
    token_file: Path | None = None
    lose: float = 0.0
    seed: int = 0
    timeout_s: float = TIMEOUT_S
    clocks: Clocks = field(default_factory=Clocks)
    markets: Sequence[type[Market]] = field(default_factory=known_markets)
    tell: Tell | None = None


class HeadlessPlugin:
    """One seller's plugin: one thread keeps the socket, another does the commands one by one."""

    def __init__(self, url: str, token: str, sandbox_url: str, options: PluginOptions | None = None) -> None:
        options = options or PluginOptions()
        self.plugin_id = options.plugin_id or f"headless-{secrets.token_hex(6)}"
        tenant = tenant_of(token)
        self._url, self._tokens = url, TokenSource(token, options.token_file)
        self._stoflow = httpx.Client(base_url=url, timeout=options.timeout_s)
        self._journal = Journal(options.journal_file)
        self._lose, self._random = options.lose, Random(options.seed)
        self._clocks = options.clocks
        self._commands: SimpleQueue[Received | None] = SimpleQueue()  # None: say how the session is
        self._stopping = threading.Event()
        self._telling = Telling(options.tell or (lambda _: None))
        self._link = Link(
            url,
            self._tokens,
            self.plugin_id,
            on_open=self._open,
            on_command=self._receive,
            on_trouble=self._telling.trouble,
        )
        browsers = open_browsers(options.markets, sandbox_url, options.timeout_s)
        self._sessions = {
            name: PluginSession(name, browser, tenant, self._link.emit) for name, browser in browsers.items()
        }
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
        for session in self._sessions.values():
            session.close()
        self._stoflow.close()
        self._journal.close()

    def _open(self) -> None:
        self._telling.well(f"The plugin {self.plugin_id} is ready.")
        self._commands.put(None)

    def _do_commands(self) -> None:
        while not self._stopping.is_set():
            try:
                received = self._commands.get(timeout=SESSION_CHECK_S)
            except Empty:
                self._look_after_sessions()
                continue
            if received is None:
                self._greet()
            else:
                self._do(received)

    def _receive(self, command: Mapping[str, Any]) -> None:
        """Put it in line; what is left until its deadline is counted from now on, by a clock that nobody sets."""
        left_s = command.get("left_s")
        if not isinstance(left_s, int | float):  # a StoFlow of before: its deadline is a time of day
            left_s = _time_of(command.get("deadline")) - self._clocks.wall()
        self._commands.put(Received(command, self._clocks.monotonic() + left_s))

    def _do(self, received: Received) -> None:
        """Do a command and answer it, as a span of the trace that it belongs to."""
        command = received.command
        parent = traceparent_in(str(command.get("traceparent", "")))
        with span(command["action"], "consumer", parent=parent) if parent else nullcontext():
            if answer := self._answer(received):
                self._link.emit(RESPONSE, {"request_id": command["request_id"], **answer})

    def _answer(self, received: Received) -> Answer | None:
        """Return what to say, None where the plugin is to be gone before it says anything."""
        command = received.command
        request_id, action = command["request_id"], command["action"]
        session = self._sessions.get(action.partition(".")[0])
        if session is None:
            return failed("unknown_action", f"Unknown action: {action}")
        if not session.acts(action):  # a read may be done again, so it needs no journal
            return session.heed(session.perform(command, self._fetch_file))
        known = self._known_answer(request_id)
        if known is not None:
            return known
        if self._clocks.monotonic() > received.until_s:
            return failed("deadline", "The command came after its deadline and was not done.", retryable=True)
        return self._act(session, command, request_id)

    def _known_answer(self, request_id: str) -> Answer | None:
        answer = self._journal.answer(request_id)
        if answer is not None:
            self._journal.note(request_id, "replayed")
            return dict(answer)
        if self._journal.has_started(request_id):
            self._journal.note(request_id, "interrupted")
            return failed("unknown", "The plugin was interrupted in this command: nobody knows what came of it.")
        return None

    def _act(self, session: PluginSession, command: Mapping[str, Any], request_id: str) -> Answer | None:
        self._journal.start(request_id)
        answer = session.perform(command, self._fetch_file)
        is_lost = self._random.random() < self._lose
        if not is_lost or self._random.random() < JOURNALED_LOSSES:
            self._journal.finish(request_id, answer)
        if is_lost:
            self._journal.note(request_id, "lost")
            self._link.drop()
            return None
        return session.heed(answer)

    def _fetch_file(self, url: str) -> FetchedFile:
        """Fetch a photo from StoFlow itself: a relative address only, so that the token goes nowhere else."""
        if not url.startswith("/") or url.startswith("//"):
            raise ValueError("the address of a photo should be relative")
        reply = self._stoflow.get(url, headers={"authorization": f"Bearer {self._tokens.current()}"})
        reply.raise_for_status()
        return FetchedFile(reply.content, reply.headers.get("content-type", ""))

    def _greet(self) -> None:
        for session in self._sessions.values():
            if not self._stopping.is_set():
                session.greet()

    def _look_after_sessions(self) -> None:
        for session in self._sessions.values():
            if self.ready.is_set():
                session.look_after()


def _time_of(deadline: Any) -> float:
    """Return a deadline in seconds since 1970; what is none never comes."""
    if isinstance(deadline, str):
        with suppress(ValueError):
            return datetime.fromisoformat(deadline).timestamp()
    return float(deadline) if isinstance(deadline, int | float) else inf

"""A seller's browser without a socket between it and StoFlow: it takes its open commands and hands its answers back."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stoflow.domain.call import Answer
from stoflow.domain.ids import TenantId
from stoflow.execution import plugin
from stoflow.execution.answer import receive_answer
from stoflow.execution.engine import Engine
from stoflow.resources.jobs.views import PluginCommand
from stoflow.resources.products.media import media_folder
from stoflow.resources.products.store import Products
from stoflow_sandbox.plugin_journal import Journal
from stoflow_sandbox.vinted import commands
from stoflow_sandbox.vinted.browser import Browser

MARKETPLACE = "vinted"
TIMEOUT_S = 5.0


@dataclass(slots=True)
class PluginBrowser:
    """One seller's plugin; its journal outlives the process, as the browser outlives StoFlow's."""

    plugin_id: str
    sandbox_url: str
    journal_file: Path
    home: Path
    _browser: Browser | None = None
    _greeted: set[str] = field(default_factory=set[str])

    def work(self, engine: Engine, tenant: TenantId) -> None:
        """Be there, do what is asked and answer."""
        self._arrive(engine, tenant)
        for command in plugin.open_commands(engine, [(tenant, self.plugin_id)]):
            if plugin.commands_sent(engine, [command]):
                answer = self._answer(engine, tenant, command)
                receive_answer(engine, tenant, self.plugin_id, command.request_id, _read(answer))

    def _arrive(self, engine: Engine, tenant: TenantId) -> None:
        """Connect, say that the session is good, lose the socket and come again by another one."""
        for socket in ("first", "second"):
            if socket not in self._greeted:
                plugin.connected(engine, tenant, self.plugin_id, socket)
                plugin.session_state(engine, tenant, MARKETPLACE, ok=True, reason="")
                if socket == "first":
                    plugin.gone(engine, tenant, self.plugin_id, socket)
                self._greeted.add(socket)
        if self._browser is None:
            self._browser = Browser(self.sandbox_url, timeout_s=TIMEOUT_S)
            self._browser.sign_in_as(tenant)

    def _answer(self, engine: Engine, tenant: TenantId, command: PluginCommand) -> commands.Answer:
        """Do the command, or say what was answered when it came before: there is one browser, whoever asks."""
        with self._alone() as journal:
            known = journal.answer(command.request_id)
            if known is not None:
                return dict(known)
            journal.start(command.request_id)
            answer = self._perform(engine, tenant, command)
            journal.finish(command.request_id, answer)
            return answer

    def _perform(self, engine: Engine, tenant: TenantId, command: PluginCommand) -> commands.Answer:
        assert self._browser is not None

        def fetch(address: str) -> commands.FetchedFile:
            _, _, _, product, _, position = address.split("/")
            photo = Products(engine.database).photo(media_folder(self.home), tenant, int(product), int(position))
            return commands.FetchedFile(photo.file.read_bytes(), photo.content_type)

        return commands.perform(
            command.action,
            command.payload,
            browser=self._browser,
            fetch_file=fetch,
            request_id=command.attempt,
        )

    @contextmanager
    def _alone(self) -> Iterator[Journal]:
        with self.journal_file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            journal = Journal(self.journal_file)
            try:
                yield journal
            finally:
                journal.close()


def _read(answer: commands.Answer) -> Answer:
    error = answer.get("error") or {}
    return Answer(
        success=answer["success"],
        data=answer.get("data") or {},
        error_code=error.get("code", ""),
        error_message=error.get("message", ""),
        retryable=bool(error.get("retryable")),
    )

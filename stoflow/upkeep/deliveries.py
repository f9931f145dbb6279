"""Deliveries sent: claimed, called, settled; a receiver that does not answer is left alone for longer and longer."""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from http import HTTPStatus
from random import random

from stoflow.domain.errors import ConfigurationError, DatabaseError
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.processes import Stumbled
from stoflow.domain.facts.work import WebhookDisabled
from stoflow.domain.tempo import Tempo
from stoflow.domain.webhook import DAY_S, Owner, rest_s, retry_after_s, secrets_in, signatures
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.credentials.vault import Vault
from stoflow.storage.database.session import Database, Records
from stoflow.storage.webhooks.claims import (
    Claimed,
    Pauses,
    Tried,
    claim_deliveries,
    disable,
    settle_delivered,
    settle_failed,
)
from stoflow.transports.direct.webhooks import NotSent

CALLS_AT_ONCE = 8
SOON_S = 0.5
LEASE_S = 60.0  # longer than a call may last
APART = 0.1  # so that what failed together does not come back together
GONE = "The receiver answered 410: it wants nothing more."
DOWN = "Nothing could be delivered for a day."

Send = Callable[[str, Mapping[str, str], str], int]
"""Sends headers and a body to an address and returns the status; raises NotSent."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """One worker process's; several may turn at once. A turn waits `soon_s` for a call to end."""

    database: Database
    vault: Vault
    send: Send
    tempo: Tempo
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="webhooks")
    )
    clock: Callable[[], float] = time.time
    soon_s: float = SOON_S
    calls: set[Future[None]] = field(default_factory=set[Future[None]])

    def turn(self) -> int:
        """Send what is due, until nothing is, or no call ends any more that would make room; return how many were sent.

        A claim that finds nothing is no end while calls are under way: what it was refused for may end a moment later.
        """
        sent = 0
        while True:
            claimed = self._claim(CALLS_AT_ONCE - len(self.calls))
            sent += len(claimed)
            self.calls.update(self.pool.submit(self._deliver, each) for each in claimed)
            ended = wait(self.calls, self.soon_s, FIRST_COMPLETED).done
            self._forget(ended)
            if not ended:
                return sent

    def _forget(self, done: Iterable[Future[None]]) -> None:
        """Forget calls that ended, and say of each that ended in a way nobody foresaw: it is made again."""
        for call in list(done):
            self.calls.discard(call)
            if error := call.exception():
                record(Stumbled("sending a webhook", f"{type(error).__name__}: {error}"))

    def close(self) -> None:
        """Begin no call any more; what is under way is finished."""
        self.pool.shutdown(cancel_futures=True)

    def _claim(self, limit: int) -> list[Claimed]:
        if limit <= 0:
            return []
        failpoint("webhooks.claim.before")
        with self.database.records() as connection:
            claimed = claim_deliveries(connection, limit=limit, lease_s=LEASE_S)
        failpoint("webhooks.claim.after")
        return list(claimed)

    def _deliver(self, claimed: Claimed) -> None:
        begun_s = time.monotonic()
        status, error = self._call(claimed)
        tried = Tried(status, error, round((time.monotonic() - begun_s) * 1000))
        try:
            self._settle(claimed, tried)
        except DatabaseError as failure:  # its claim ends by itself, and it is sent again
            record(database_failure("settling a delivery", failure))

    def _call(self, claimed: Claimed) -> tuple[int | None, str]:
        try:
            status = self.send(claimed.url, self._headers(claimed), claimed.body)
        except (NotSent, ConfigurationError) as error:
            return None, str(error)
        is_taken = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
        return status, "" if is_taken else f"The receiver answered {status}."

    def _headers(self, claimed: Claimed) -> Mapping[str, str]:
        owner = Owner(claimed.tenant, claimed.platform)
        sealed = [each for each in (claimed.secret, claimed.old_secret) if each]
        keys = [key for each in sealed for key in secrets_in(self.vault.unseal_webhook(owner, each))]
        now = int(self.clock())
        return {
            "webhook-id": claimed.message,
            "webhook-timestamp": str(now),
            "webhook-signature": signatures(keys, claimed.message, now, claimed.body),
        }

    def _settle(self, claimed: Claimed, tried: Tried) -> None:
        failpoint("webhooks.settle.before")
        with self.database.records() as connection:
            reason = self._write(connection, claimed, tried)
            is_off = bool(reason) and disable(connection, claimed.webhook, reason)
        failpoint("webhooks.settle.after")
        if is_off:
            record(WebhookDisabled(claimed.tenant or 0, claimed.webhook, reason))

    def _write(self, connection: Records, claimed: Claimed, tried: Tried) -> str:
        """Write what came of it; return why the webhook is to be switched off, "" where it is not."""
        if not tried.error:
            settle_delivered(connection, claimed, tried)
            return ""
        is_down = settle_failed(connection, claimed, tried, self._pauses(claimed))
        if tried.status == HTTPStatus.GONE:
            return GONE
        return DOWN if is_down else ""

    def _pauses(self, claimed: Claimed) -> Pauses:
        after_s = retry_after_s(claimed.attempts)
        apart = 1 + APART * random()
        return Pauses(
            next_s=None if after_s is None else self.tempo.scaled_s(after_s * apart),
            rest_s=self.tempo.scaled_s(rest_s(claimed.failures + 1)),
            day_s=self.tempo.scaled_s(DAY_S),
        )

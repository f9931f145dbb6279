"""Counting what waits, tenant by tenant where something changed, in a small share of time."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from stoflow.domain.ids import TenantId
from stoflow.monitoring.live.board import Board
from stoflow.storage.database.session import Database
from stoflow.storage.engine.reads.waiting import Waiting, read_waiting

SHARE = 50  # times as long as it took, nothing is counted
TURN_S = 0.02
PART = "queue"


class WaitingJobs:
    """Shows on the board what waits for each tenant that was named."""

    def __init__(self, database: Database, marketplaces: Sequence[str], board: Board) -> None:
        self._database = database
        self._marketplaces = marketplaces
        self._board = board
        self._wanted: dict[TenantId, None] = {}  # the one named first is counted first
        self._lock = threading.Lock()
        self._rests_until_s = 0.0

    def want(self, tenant: TenantId) -> None:
        """Let the tenant's jobs be counted soon."""
        if tenant not in self._wanted:
            with self._lock:
                self._wanted.setdefault(tenant)

    def turn(self) -> bool:
        """Count for a moment; return whether there was, or is, something to count."""
        begun_s = time.monotonic()
        if begun_s < self._rests_until_s:
            return bool(self._wanted)
        counted = 0
        while time.monotonic() - begun_s < TURN_S and (tenant := self._next()) is not None:
            self._count(tenant)
            counted += 1
        self._rests_until_s = time.monotonic() + SHARE * (time.monotonic() - begun_s)
        return counted > 0

    def _next(self) -> TenantId | None:
        with self._lock:
            tenant = next(iter(self._wanted), None)
            if tenant is not None:
                del self._wanted[tenant]
            return tenant

    def _count(self, tenant: TenantId) -> None:
        with self._database.records() as connection:  # seldom, so no plan of it is worth keeping
            found = read_waiting(connection, tenant, self._marketplaces)
        for marketplace in self._marketplaces:
            self._board.show((tenant, marketplace), PART, _shown(found.get(marketplace)))


def _shown(waiting: Waiting | None) -> Mapping[str, Any] | None:
    if waiting is None:
        return None
    oldest = waiting.oldest.timestamp() if waiting.oldest else None
    return {"pending": waiting.pending, "oldest": oldest, "kinds": waiting.kinds}

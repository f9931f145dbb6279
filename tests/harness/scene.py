"""An installation as PostgreSQL and Redis know it, without its processes: who runs, what waits, and what is wrong."""

import socket
from collections.abc import Sequence
from functools import partial
from typing import Any

from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.marketplaces.registry import build_registry
from stoflow.monitoring.live.board import Board
from stoflow.monitoring.live.keys import LiveKeys
from stoflow.monitoring.live.publisher import Publisher
from stoflow.monitoring.live.reader import LiveReader
from stoflow.resources.jobs.explain import Explanation
from stoflow.resources.jobs.troubles import OF_ONE, with_troubles
from stoflow.resources.monitoring.causes import Cause, Seen
from stoflow.resources.monitoring.snapshot import Snapshot, Watching, look, read_snapshot
from stoflow.resources.monitoring.verdict import judge
from stoflow.storage.applications import Applications
from stoflow.storage.database.session import Database
from stoflow.storage.engine.processes import mark_dead, register_process
from stoflow.transports.health import redis_trouble
from stoflow.transports.hints import quick_client

KEYS = LiveKeys("stoflow:test")
PLACES = ("ebay", "etsy", "vinted")
NEXT_10 = {"next": {"jobs": 10, "until": None}}


class Scene:
    """An installation in which an orchestrator and a worker run, as far as PostgreSQL and Redis know."""

    def __init__(self, database: Database, redis_url: str, keys: LiveKeys = KEYS) -> None:
        self.database = database
        self.client = quick_client(redis_url)
        refusals = {name: place.refusal for name, place in build_registry().marketplaces.items() if place.refusal}
        self.watching = Watching(
            database=database,
            marketplaces=PLACES,
            reader=LiveReader(self.client, keys),
            redis_trouble=partial(redis_trouble, redis_url),
            refusals=Applications(database, refusals).read_refusals,
        )
        self._redis_url = redis_url
        self._keys = keys
        self._publishers: dict[str, Publisher] = {}
        self._ids: dict[str, int] = {}
        self.boards: dict[str, Board] = {}
        self.client.set(keys.since, "1000000000")
        self.runs("orchestrator", PLACES)
        self.runs("worker", PLACES)

    def runs(self, kind: str, serves: Sequence[str], *, lives_s: float = 3600.0) -> None:
        with self.database.records() as connection:
            process = register_process(connection, kind, lease_s=60.0, serves=serves)
        board = Board(kind)
        board.process |= {"process": lambda: process, "host": socket.gethostname}
        self.boards[kind], self._ids[kind] = board, process
        self._publishers[kind] = Publisher(quick_client(self._redis_url), self._keys, board)
        self.lives(kind, lives_s)

    def lives(self, kind: str, for_s: float) -> None:
        """Let it have begun so many seconds ago."""
        with self.database.records() as connection:
            begun = "UPDATE public.processes SET started_at = clock_timestamp() - %s * interval '1 s' WHERE id = %s"
            connection.execute(begun, [for_s, self._ids[kind]])

    def dies(self, kind: str) -> None:
        with self.database.records() as connection:
            mark_dead(connection, self._ids[kind])  # pyright: ignore[reportArgumentType]

    def shows(
        self, tenant: int, marketplace: str, *, holds: Sequence[str] = (), pending: int = 10, **kinds: Any
    ) -> None:
        """Let jobs wait there since long ago."""
        board, shown = self.boards["orchestrator"], [{"kind": kind, "until": None} for kind in holds]
        board.show((tenant, marketplace), "flow", {"in_flight": 0, "cap": 4, "holds": shown})
        queue = {"pending": pending, "oldest": 1_000_000_000.0, "kinds": kinds or NEXT_10}
        board.show((tenant, marketplace), "queue", queue)

    def hides(self, tenant: int, marketplace: str) -> None:
        self.boards["orchestrator"].hide((tenant, marketplace))

    def write(self) -> None:
        for publisher in self._publishers.values():
            publisher.write()

    def look(self, tenant: int | None = None, *, write: bool = True) -> Snapshot:
        if write:
            self.write()
        return read_snapshot(self.watching, None if tenant is None else TenantId(tenant))

    def first(self) -> Cause:
        """Return the likeliest cause of what is not well, which a job that waits there is explained by too."""
        self.write()
        seen = look(self.watching)
        found = judge(seen)
        assert not found.well
        cause = found.causes[0]
        assert cause.kind in OF_ONE or cause.kind in self.explained(cause.marketplace or "ebay", seen)
        return cause

    def explained(self, marketplace: str, seen: Seen | None = None) -> list[str]:
        """Return what a job that nothing holds of itself is said to wait for."""
        said = Explanation(JobStatus.PENDING, "next", "nothing holds it", marketplace=marketplace)
        found = with_troubles(said, seen or look(self.watching), TenantId(7))
        return [each.kind for each in found.troubles]

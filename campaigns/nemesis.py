"""The nemesis: strikes one blow after the other, in an order its seed decides, and notes when and whom."""

import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import psutil
import psycopg
import redis
from psycopg import sql

from campaigns.crew import Member, signal_process
from campaigns.plan import MARKETPLACES, PAUSE_S, Blow
from campaigns.world import World
from stoflow.cli.run.children import WORKER_PROCESS
from stoflow.storage.database.session import Database, schema_name
from stoflow.storage.servers.embedded import server_pids

WARM_AFTER_S = 2.5  # a process killed while it starts was doing nothing yet
WARM_WITHIN_S = 15.0
REBORN_WITHIN_S = 30.0
SLOW_CALLS = 6
IN_CALL_AFTER_S = 0.2
LOOKED_WITHIN_S = 20.0
LOOKS_APART_S = 0.02
IN_A_LOOK = """
SELECT p.pid FROM {}.marketplace_tasks t JOIN public.processes p ON p.id = t.claimed_by
WHERE t.status = 'running' AND t.look_at IS NOT NULL AND t.paced
"""
TERMINATE_ALL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Strike:
    """A blow that was struck; `pids` are those who died or stood still from `at` to `until`."""

    blow: Blow
    at: float
    until: float
    pids: tuple[int, ...] = ()


@dataclass(slots=True)
class Nemesis:
    """Strikes a world; `strikes` is what it did."""

    world: World
    random: Random
    strikes: list[Strike] = field(default_factory=list[Strike])

    def strike_all(self) -> None:
        """Strike every blow of the plan."""
        blows = self.world.plan.blows
        self.random.shuffle(blows)
        for blow in blows:
            next_s = time.monotonic() + self.world.plan.blows_every_s * self.random.uniform(0.6, 1.4)
            self.strike(blow)
            time.sleep(max(0.0, next_s - time.monotonic()))

    def strike(self, blow: Blow) -> None:
        at = time.time()
        pids = self._blows()[blow]()
        self.strikes.append(Strike(blow, at if blow in _PAUSES else time.time(), time.time(), pids))

    def calm(self) -> None:
        """End the faults of the sandbox and the losses of the plugins: the time to be final begins here."""
        self.world.control("POST", "faults", {"rate": 0.0})
        self.world.control("DELETE", "script", None)
        for member in self.world.crew.named("plugin-"):
            member.change("--lose", "0")
            signal_process(member.pid, signal.SIGTERM)

    def _blows(self) -> Mapping[Blow, Callable[[], tuple[int, ...]]]:
        return {
            Blow.KILL_API: lambda: self._kill(self.world.crew["api"]),
            Blow.KILL_ORCHESTRATOR: lambda: self._kill(self.world.crew["orchestrator"]),
            Blow.KILL_WORKER: self._kill_worker,
            Blow.KILL_SUPERVISOR: lambda: self._kill(self.world.crew["worker"]),
            Blow.KILL_WORKER_HOST: self._kill_host,
            Blow.KILL_PLUGIN: self._kill_plugin,
            Blow.KILL_LOOK: self._kill_look,
            Blow.PAUSE_WORKER: self._pause_worker,
            Blow.PAUSE_ORCHESTRATOR: lambda: self._pause(self._warm(self.world.crew["orchestrator"]).pid),
            Blow.WIPE_REDIS: self._wipe_redis,
            Blow.KILL_REDIS: self._kill_redis,
            Blow.STOP_POSTGRES: self._stop_postgres,
            Blow.ROLL: self._roll,
        }

    # Processes of StoFlow

    def _kill(self, member: Member) -> tuple[int, ...]:
        pid = self._warm(member).pid
        signal_process(pid, signal.SIGKILL)
        return (pid,)

    def _kill_plugin(self) -> tuple[int, ...]:
        """Kill one; the next one loses other acts than it did."""
        member = self.random.choice(self.world.crew.named("plugin-"))
        member.change("--seed", str(self.random.randrange(10**6)))
        return self._kill(member)

    def _kill_worker(self) -> tuple[int, ...]:
        child = self._worker_in_a_call()
        if child is not None:
            signal_process(child.pid, signal.SIGKILL)
        return (child.pid,) if child else ()

    def _kill_look(self) -> tuple[int, ...]:
        """Kill who just looks whether buyers see something; nobody, where nobody did for a while."""
        deadline = time.monotonic() + LOOKED_WITHIN_S
        while time.monotonic() < deadline:
            for pid in _in_a_look(self.world):
                signal_process(pid, signal.SIGKILL)
                return (pid,)
            time.sleep(LOOKS_APART_S)
        return ()

    def _kill_host(self) -> tuple[int, ...]:
        """Kill supervisor and workers at once, as a machine that is gone: only their leases tell of it."""
        self._worker_in_a_call()
        member = self.world.crew["worker"]
        children = member.children()
        signal_process(member.pid, signal.SIGKILL)
        for child in children:
            signal_process(child.pid, signal.SIGKILL)
        return (member.pid, *(child.pid for child in children))

    def _pause_worker(self) -> tuple[int, ...]:
        child = self._worker_in_a_call()
        return self._pause(child.pid) if child else ()

    def _worker_in_a_call(self) -> psutil.Process | None:
        """Return a worker that works since a while, just after the next calls have become slow."""
        child = self._warm_worker()
        script = [
            {"marketplace": place, "operation": "*", "fault": "slow", "count": SLOW_CALLS}
            for place in MARKETPLACES
            if place != "vinted"
        ]
        self.world.control("POST", "script", script)
        time.sleep(IN_CALL_AFTER_S)
        return child

    def _pause(self, pid: int) -> tuple[int, ...]:
        signal_process(pid, signal.SIGSTOP)
        time.sleep(PAUSE_S)
        signal_process(pid, signal.SIGCONT)
        return (pid,)

    def _roll(self) -> tuple[int, ...]:
        before = [
            (member, member.pid) for member in map(self.world.crew.__getitem__, ("worker", "orchestrator", "api"))
        ]
        for member, pid in before:
            signal_process(pid, signal.SIGTERM)
            self.world.crew.wait_for_new(member, pid, within_s=REBORN_WITHIN_S)
        return tuple(pid for _, pid in before)

    def _warm(self, member: Member) -> Member:
        deadline = time.monotonic() + WARM_WITHIN_S
        while not _is_warm(member.pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        return member

    def _warm_worker(self) -> psutil.Process | None:
        deadline = time.monotonic() + WARM_WITHIN_S
        while time.monotonic() < deadline:
            warm = [child for child in self.world.crew["worker"].children(WORKER_PROCESS) if _is_warm(child.pid)]
            if warm:
                return self.random.choice(warm)
            time.sleep(0.1)
        return None

    # Servers

    def _wipe_redis(self) -> tuple[int, ...]:
        with redis.Redis.from_url(self.world.redis_url) as client:
            client.flushall()
        return ()

    def _kill_redis(self) -> tuple[int, ...]:
        if not self.world.has_own_servers:
            return self._wipe_redis()
        pid = server_pids(self.world.home).valkey
        signal_process(pid, signal.SIGKILL)
        return (pid,)

    def _stop_postgres(self) -> tuple[int, ...]:
        """Stop PostgreSQL as a power cut would; of a given one only the connections."""
        if not self.world.has_own_servers:
            return _terminate_all(self.world.database_url)
        pid = server_pids(self.world.home).postgresql
        signal_process(pid, signal.SIGQUIT)
        return (pid,)


_PAUSES = frozenset({Blow.PAUSE_WORKER, Blow.PAUSE_ORCHESTRATOR})


def _is_warm(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and time.time() - process.create_time() > WARM_AFTER_S
    return False


def _in_a_look(world: World) -> list[int]:
    """Return the workers that look what became of a call by which a listing is shown."""
    looks = [sql.SQL(IN_A_LOOK).format(sql.Identifier(schema_name(tenant))) for tenant in world.sellers]
    with psycopg.connect(world.database_url) as connection:
        return [pid for (pid,) in connection.execute(sql.SQL(" UNION ALL ").join(looks))]


def _terminate_all(database_url: str) -> tuple[int, ...]:
    database = Database(database_url, pool_size=1)
    try:
        with database.records() as connection:
            connection.execute(TERMINATE_ALL)
    finally:
        database.close()
    return ()

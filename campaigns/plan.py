"""What a campaign does and what it demands: the figures of the full one and of the short one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

MARKETPLACES = ("vinted", "ebay", "etsy")

# Seconds before `speed`, in the proportions that hold for real: a late commit comes at most 3 s after the caller
# has given up, the first look after 4 s, the second after 10 s.
QUIET_S = 4.0
SECOND_LOOK_S = 10.0
HOLD_S = 4.0
LATENCY_MS = (50.0, 1000.0)  # with a slow call's 2 s still no more than a late commit's 3

# Real seconds, which no speed divides.
PROCESS_LEASE_S = 2.0
HEARTBEAT_S = 0.6
OWNERSHIP_LEASE_S = 3.0
SWEEP_EVERY_S = 0.5
DRAIN_S = 3.0
PAUSE_S = 5.0  # past every lease
PLUGIN_TIMEOUT_S = 3.0


class Blow(StrEnum):
    """One thing that can be done to a running StoFlow."""

    KILL_API = "kill -9 of the api"
    KILL_ORCHESTRATOR = "kill -9 of the orchestrator"
    KILL_WORKER = "kill -9 of a worker process"
    KILL_SUPERVISOR = "kill -9 of the workers' supervisor"
    KILL_WORKER_HOST = "kill -9 of supervisor and workers"
    KILL_PLUGIN = "kill -9 of a plugin"
    KILL_LOOK = "kill -9 of a worker in a look"
    PAUSE_WORKER = "SIGSTOP of a worker process"
    PAUSE_ORCHESTRATOR = "SIGSTOP of the orchestrator"
    WIPE_REDIS = "Redis wiped"
    KILL_REDIS = "kill -9 of Redis"
    STOP_POSTGRES = "PostgreSQL stopped at once"
    ROLL = "SIGTERM of all, one after the other"


KILLS: Mapping[Blow, int] = {  # the shares, of 20
    Blow.KILL_WORKER: 8,
    Blow.KILL_SUPERVISOR: 1,
    Blow.KILL_WORKER_HOST: 2,
    Blow.KILL_ORCHESTRATOR: 3,
    Blow.KILL_API: 3,
    Blow.KILL_PLUGIN: 3,
}
OTHERS: Mapping[Blow, int] = {
    Blow.KILL_LOOK: 4,
    Blow.PAUSE_WORKER: 4,
    Blow.PAUSE_ORCHESTRATOR: 1,
    Blow.WIPE_REDIS: 1,
    Blow.KILL_REDIS: 1,
    Blow.STOP_POSTGRES: 2,
    Blow.ROLL: 2,
}
OTHERS_SHORT: Mapping[Blow, int] = {
    Blow.KILL_LOOK: 1,
    Blow.PAUSE_WORKER: 2,
    Blow.WIPE_REDIS: 1,
    Blow.STOP_POSTGRES: 1,
    Blow.ROLL: 1,
}
TAKES_S: Mapping[Blow, float] = {Blow.PAUSE_WORKER: PAUSE_S, Blow.PAUSE_ORCHESTRATOR: PAUSE_S, Blow.ROLL: 5.0}


EXPECTED = ("resumed", "looked and adopted", "looked and created", "sweeper acted", "tenant taken over")


@dataclass(frozen=True, slots=True)
class Plan:
    """`blows_every_s` is the least time between two blows; the `least_…` are demanded of the run, and that each rare
    path of `expected`, without which a green run proves little, was gone."""

    jobs: int
    seed: int
    kills: int = 60
    others: Mapping[Blow, int] = field(default_factory=lambda: dict(OTHERS))
    tenants: int = 6
    blows_every_s: float = 2.0
    faults: float = 0.3
    lose: float = 0.12
    speed: float = 4.0
    final_within_s: float = 120.0
    least_unknown: int = 60
    least_lost_by_plugins: int = 30
    mutant: str = ""
    acts: int = 0  # of buyers and sellers, while the jobs run
    token_speed: float = 1.0
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    is_short: bool = False
    expected: Sequence[str] = EXPECTED

    @property
    def blows(self) -> list[Blow]:
        """Return every blow of the campaign, in no order."""
        shares = [blow for blow, share in KILLS.items() for _ in range(share)]
        kills = [shares[number * 7 % len(shares)] for number in range(self.kills)]
        return kills + [blow for blow, count in self.others.items() for _ in range(count)]

    @property
    def lasts_s(self) -> float:
        """Return the time over which jobs are submitted: about as long as the blows take."""
        return sum(self.blows_every_s + TAKES_S.get(blow, 0.0) for blow in self.blows)


def full(*, jobs: int = 300, seed: int) -> Plan:
    """Return the campaign of `make chaos`; fewer jobs produce fewer unknown outcomes."""
    share = min(1.0, jobs / 300)
    return Plan(jobs, seed, acts=jobs, least_unknown=round(60 * share), least_lost_by_plugins=round(30 * share))


def release(*, jobs: int = 5_000, seed: int) -> Plan:
    """Return the campaign that a release has behind it: a thousand kills and a thousand unknown outcomes."""
    share = min(1.0, jobs / 5_000)
    return Plan(
        jobs,
        seed,
        kills=round(1_000 * share),
        tenants=24,
        blows_every_s=2.5,  # so that what was killed is there again, and jobs are taken
        acts=jobs // 5,
        final_within_s=300.0,
        least_unknown=round(1_000 * share),
        least_lost_by_plugins=round(200 * share),
    )


def short(*, jobs: int = 100, seed: int) -> Plan:
    """Return the campaign of continuous integration."""
    return Plan(
        jobs,
        seed,
        kills=20,
        others=OTHERS_SHORT,
        acts=jobs // 2,
        tenants=4,
        least_unknown=10,
        least_lost_by_plugins=5,
        is_short=True,
    )

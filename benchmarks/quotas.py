"""What it costs that a tenant's jobs are counted: new jobs of a tenant with limits, in turn with one without."""

import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import median

from benchmarks.figures import percentile
from benchmarks.load import UNLIMITED
from benchmarks.load_http import post, rate_of
from benchmarks.machine import free_port
from benchmarks.session import prepared
from benchmarks.stoflow_api import Api, api_of, submit
from benchmarks.stoflow_marketplace import ACTION, NAME
from benchmarks.stoflow_peer import StoflowPeer
from stoflow.domain.audit import Actor
from stoflow.domain.quota import QuotaName
from stoflow.storage.tenants.quotas import set_limits

MUCH = 10_000_000  # which no run reaches
ALONE_AT_MOST = 1.2
WARM = 20


@dataclass(frozen=True, slots=True)
class Cost:
    """Each `of_free` is what counting costs: the time of one job asked for after another, by that without limits, and
    the jobs a second of eight clients at once, by those without limits. All are medians of pairs measured in turn.
    """

    pairs: int
    free_ms: float
    counted_ms: float
    ms_of_free: float
    rounds: int
    free_per_s: float
    counted_per_s: float
    per_s_of_free: float
    within_bound: bool


def measure(pairs: int, rounds: int, for_s: float) -> Cost:
    """Ask in turn for a job of the tenant without limits and of the one with all of them; then for many at once."""
    with prepared(StoflowPeer, tenants=2) as (peer, place):
        assert isinstance(peer, StoflowPeer)
        peer.environment = {**peer.environment, **UNLIMITED}
        peer.port = free_port()
        peer.start_api("api")
        api = api_of(peer, place)
        free, counted = (api.token(tenant) for tenant in peer.tenants)
        set_limits(peer.database, peer.tenants[1], dict.fromkeys(QuotaName, MUCH), Actor("operator", ""))
        alone = _one_after_another(api, free, counted, pairs)
        together = [(_together(api, free, for_s), _together(api, counted, for_s)) for _ in range(rounds)]
    ms_of_free = median(second / first for first, second in alone)
    return Cost(
        pairs,
        percentile([first for first, _ in alone], 0.5),
        percentile([second for _, second in alone], 0.5),
        ms_of_free,
        rounds,
        median(first for first, _ in together),
        median(second for _, second in together),
        median(second / first for first, second in together),
        ms_of_free <= ALONE_AT_MOST,
    )


def _one_after_another(api: Api, free: str, counted: str, pairs: int) -> list[tuple[float, float]]:
    connection = api.connection()
    found = [(_took_ms(connection, free), _took_ms(connection, counted)) for _ in range(WARM + pairs)]
    connection.close()
    return found[WARM:]


def _took_ms(connection: HTTPConnection, token: str) -> float:
    begun_s = time.perf_counter()
    submit(connection, token, {})
    return 1_000 * (time.perf_counter() - begun_s)


def _together(api: Api, token: str, for_s: float) -> float:
    body = json.dumps({"action_type": ACTION, "payload": {}}).encode()
    found = rate_of(api.port, post(f"/api/{NAME}/jobs", token, body), for_s)
    if found.errors:
        message = f"{found.errors} jobs were refused."
        raise RuntimeError(message)
    return found.per_s

"""What a system without work costs: CPU of all its processes, with ten tenants and one plugin connected."""

import time
from dataclasses import dataclass

from benchmarks.sampling import Sampler
from benchmarks.stoflow_api import stoflow_with_api

TENANTS = 10
SETTLE_S = 5.0
# The client measures, and the plugin and the sandbox are somebody else's machines.
NOT_OURS = frozenset({"client", "plugin", "sandbox"})
AT_MOST_PERCENT = 3.0


@dataclass(frozen=True, slots=True)
class Idle:
    seconds: float
    percent_of_a_core: float
    percent_by_kind: dict[str, float]
    pss_mib: float
    within_bound: bool


def measure(seconds: float) -> Idle:
    """Let everything stand for so long."""
    with stoflow_with_api(tenants=TENANTS) as api:
        token = api.token(api.peer.tenants[0])
        # No command comes, so nobody calls this sandbox.
        api.peer.start("plugin", "plugin", "--url", api.url, "--token", token, "--sandbox", "http://127.0.0.1:1")
        time.sleep(SETTLE_S)
        sampler = Sampler(api.machine).start()
        time.sleep(seconds)
        usage = sampler.end()
    by_kind = {kind: 100 * cpu_s / seconds for kind, cpu_s in usage.cpu_s_by_kind.items() if kind not in NOT_OURS}
    pss_mib = sum(size for kind, size in usage.peak_pss_mib_by_kind.items() if kind not in NOT_OURS)
    percent = sum(by_kind.values())
    return Idle(seconds, percent, by_kind, pss_mib, percent <= AT_MOST_PERCENT)

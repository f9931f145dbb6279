"""What one api takes on a machine that does everything: reads, jobs, sockets, commands, beside the bare stack."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import load_sockets
from benchmarks.load_http import Rate, get, post, rate_of
from benchmarks.load_sockets import Seller
from benchmarks.machine import Machine, free_port
from benchmarks.session import warm
from benchmarks.stoflow_api import Api, api_of, submit
from benchmarks.stoflow_marketplace import ACTION, NAME
from benchmarks.stoflow_peer import StoflowPeer
from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.settings import load
from stoflow.storage.database.installations import installation_name
from stoflow.storage.database.session import schema_name
from stoflow.storage.products.snapshots import add_product
from stoflow.transports.feed import HintedFeed
from stoflow.transports.hints import Hints
from stoflow.transports.names import Names
from stoflow.wiring.tokens import access_tokens

SELLERS = 25  # with 40 sockets each: an account may have 50
READS_PER_S, READS_P99_MS, LEAST_OF_BARE = 350.0, 200.0, 0.5
CREATIONS_PER_S = 120.0
SOCKETS, OPENED_IN_S = 1_000, 10.0
COMMANDS_PER_S, COMMANDS_P99_MS = 200.0, 400.0
UNLIMITED = {
    "STOFLOW_ACCOUNT_REQUESTS": "0",
    "STOFLOW_ADDRESS_REQUESTS": "0",
    "STOFLOW_ADDRESS_CONNECTIONS": "0",
    "STOFLOW_ADDRESS_REFUSALS": "0",
}
BARE_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """`of_bare` is reads/s by those of the bare stack, which were measured before and after them."""

    reads: Rate
    bare: Rate
    of_bare: float
    creations: Rate
    sockets: load_sockets.Sockets
    missed: Sequence[str]

    @property
    def within_bound(self) -> bool:
        return not self.missed


def measure(for_s: float, sockets: int = SOCKETS) -> dict[str, Any]:
    """Measure each for so long; the bare stack in turn with the reads, so that both have the same machine."""
    with warm(StoflowPeer, tenants=SELLERS) as (peer, place):
        assert isinstance(peer, StoflowPeer)
        peer.environment = {**peer.environment, **UNLIMITED}
        peer.start_api("api")
        api = api_of(peer, place)
        sellers = _sellers(api)
        with peer.database.tenant(sellers[0].tenant) as session:
            product = add_product(session, NewProduct(title="A coat", description="Warm.", price=None))
        bare_port = _start_bare(place, sellers[0].tenant, product)
        path = f"/api/products/{product}"
        first = rate_of(bare_port, get(path), for_s / 2)
        reads = rate_of(api.port, get(path, sellers[0].token), for_s)
        bare = _mean(first, rate_of(bare_port, get(path), for_s / 2))
        body = json.dumps({"action_type": ACTION, "payload": {}}).encode()
        creations = rate_of(api.port, post(f"/api/{NAME}/jobs", sellers[0].token, body), for_s)
        found = _sockets(api, sellers, sockets, for_s)
    missed = list(_missed(reads, bare, creations, found, sockets))
    result = Load(reads, bare, reads.per_s / bare.per_s, creations, found, missed)
    return {**asdict(result), "within_bound": result.within_bound}


def _missed(reads: Rate, bare: Rate, creations: Rate, found: load_sockets.Sockets, sockets: int) -> Sequence[str]:
    demands = {
        f"reads ≥ {READS_PER_S:.0f}/s": reads.per_s >= READS_PER_S,
        f"reads' p99 ≤ {READS_P99_MS:.0f} ms": reads.p99_ms <= READS_P99_MS,
        f"reads ≥ {LEAST_OF_BARE} × the bare stack's": reads.per_s >= LEAST_OF_BARE * bare.per_s,
        f"new jobs ≥ {CREATIONS_PER_S:.0f}/s": creations.per_s >= CREATIONS_PER_S,
        f"{sockets} sockets in {OPENED_IN_S:.0f} s": found.opened == sockets and found.opened_in_s <= OPENED_IN_S,
        f"commands' p99 ≤ {COMMANDS_P99_MS:.0f} ms": found.command_p99_ms <= COMMANDS_P99_MS,
        "no errors": reads.errors + bare.errors + creations.errors + found.errors == 0,
    }
    return [name for name, held in demands.items() if not held]


def _mean(first: Rate, second: Rate) -> Rate:
    return Rate(
        (first.per_s + second.per_s) / 2,
        (first.p50_ms + second.p50_ms) / 2,
        max(first.p99_ms, second.p99_ms),
        first.errors + second.errors,
    )


def _sellers(api: Api) -> Sequence[Seller]:
    """Return each tenant with a token, and a job that commands can be of."""
    tokens = access_tokens(load(None, home=api.machine.home / "stoflow"))
    sellers: list[Seller] = []
    connection = api.connection()
    for tenant in api.peer.tenants:
        token = tokens.issue_access_token(tenant)
        sellers.append(Seller(tenant, token, submit(connection, token, {})))
    return sellers


def _sockets(api: Api, sellers: Sequence[Seller], sockets: int, for_s: float) -> load_sockets.Sockets:
    hints = Hints(api.machine.urls.redis_url)
    feed = HintedFeed(hints, Names(installation_name(api.peer.database)))
    hints.start()
    try:
        return asyncio.run(
            load_sockets.measure(
                api.url, api.peer.database, feed.commands_waiting, sellers, sockets, COMMANDS_PER_S, for_s
            )
        )
    finally:
        hints.stop()


def _start_bare(place: Machine, tenant: TenantId, product: int) -> int:
    port = free_port()
    place.python("bare", ["-m", "benchmarks.bare", place.urls.database_url, str(port), schema_name(tenant)], {})
    ends_s = time.monotonic() + BARE_WITHIN_S
    while rate_of(port, get(f"/api/products/{product}"), 0.1).errors:
        if time.monotonic() > ends_s:
            message = f"The bare stack was not ready.\n{place.logs()}"
            raise RuntimeError(message)
    return port

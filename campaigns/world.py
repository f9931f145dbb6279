"""Where a campaign takes place: fresh servers, sellers, products, and every kind of process StoFlow has."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaigns import plan as times
from campaigns.crew import Crew
from campaigns.plan import MARKETPLACES, Plan
from stoflow.cli.run.children import LOCALHOST, free_port
from stoflow.cli.simulate.demo_sellers import connect_sellers, make_tenants, tokens_in
from stoflow.cli.simulate.demo_tokens import SellerToken
from stoflow.cli.simulate.demo_world import LEDGER, SANDBOX_READY, environment, marketplace_variables
from stoflow.domain.call import Request
from stoflow.domain.ids import TenantId
from stoflow.migrations import runner
from stoflow.resources.products.importing import import_products
from stoflow.resources.products.media import media_folder
from stoflow.resources.products.photo_source import PhotoSource
from stoflow.resources.products.store import Products
from stoflow.settings import load, variable_of
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault, secret_keys
from stoflow.transports.api_client import ApiClient, is_ready
from stoflow.transports.direct.client import DirectClient
from stoflow.wiring.installation import Installation, opened, prepare
from stoflow.wiring.tokens import access_tokens
from stoflow_sandbox.demo.catalogue import demo_products

PRODUCT = "stoflow.cli.run.child"
MUTATED = "campaigns.child"
MUTANT_VARIABLE = "STOFLOW_CAMPAIGN_MUTANT"
READY_WITHIN_S = 60.0
POLL_S = 0.1
CONTROL_S = 10.0
FIRST_ERROR = 400


@dataclass(frozen=True, slots=True)
class World:
    """One campaign's places and people."""

    plan: Plan
    folder: Path
    home: Path
    sandbox_url: str
    api_url: str
    crew: Crew
    http: DirectClient
    redis_url: str
    database_url: str
    has_own_servers: bool
    sellers: Mapping[TenantId, SellerToken]
    products: Mapping[TenantId, Sequence[int]]
    connections: Connections

    @property
    def clients(self) -> Mapping[TenantId, ApiClient]:
        return {tenant: ApiClient(self.http, self.api_url, token) for tenant, token in self.sellers.items()}

    @property
    def ledger(self) -> Path:
        return self.folder / LEDGER

    @property
    def variables(self) -> Mapping[str, str]:
        """What StoFlow's own processes are told beside what all are."""
        at = {variable_of("host"): LOCALHOST, variable_of("port"): self.api_url.rpartition(":")[2]}
        return {**marketplace_variables(self.sandbox_url), **at}

    def control(self, method: str, path: str, body: object) -> Mapping[str, Any] | None:
        """Pull one of the sandbox's own levers; return what it says, None where it would not."""
        request = Request(method, f"/control/{path}", json=body)
        reply = self.http.exchange(self.sandbox_url, request, headers={}, deadline_s=CONTROL_S)
        return (reply.body or {}) if reply.status < FIRST_ERROR else None

    def revoke(self, tenant: TenantId, marketplace: str) -> None:
        """Let the seller withdraw the consent on the marketplace's own pages."""
        account = self.connections.account(tenant, marketplace)
        self.control("POST", f"sellers/{marketplace}/{account.external_id}/revoke", {})

    def reconnect(self, tenant: TenantId, marketplace: str) -> None:
        """Let the seller give the consent anew."""
        account = self.connections.account(tenant, marketplace)
        granted = self.control("POST", f"sellers/{marketplace}/{account.external_id}/grant", {})
        if granted is None:
            message = f"The sandbox gives tenant {tenant} no new tokens on {marketplace}."
            raise LookupError(message)
        self.connections.save(
            tenant,
            marketplace,
            external_id=account.external_id,
            settings=account.settings,
            tokens=tokens_in(granted),
        )


@contextmanager
def world(plan: Plan, folder: Path) -> Iterator[World]:
    """Give a world in which everything runs and nothing has happened yet."""
    home = folder / "home"
    settings = load(None, home=home)
    with ExitStack() as stack:
        installation = stack.enter_context(opened(settings))
        runner.migrate(installation.urls.database_url)
        prepare(installation)
        http = DirectClient()
        stack.callback(http.close)
        crew = stack.enter_context(Crew(MUTATED if plan.mutant else PRODUCT, _variables(plan, installation), folder))
        sandbox_url = _start_sandbox(crew, http, plan, folder)
        connections = _connections(installation)
        sellers = _sellers(installation, connections, http, sandbox_url, plan.tenants, folder)
        made = World(
            plan=plan,
            folder=folder,
            home=home,
            sandbox_url=sandbox_url,
            api_url=f"http://{LOCALHOST}:{free_port()}",
            crew=crew,
            http=http,
            redis_url=installation.urls.redis_url,
            database_url=installation.urls.database_url,
            has_own_servers=settings.database_url is None and settings.redis_url is None,
            sellers=sellers,
            products=_products(installation, list(sellers), plan.jobs),
            connections=connections,
        )
        _start_stoflow(made)
        start_plugins(made, lose=plan.lose)
        yield made


def _variables(plan: Plan, installation: Installation) -> Mapping[str, str]:
    every = {name: ",".join(f"{place}={seconds}" for place in MARKETPLACES) for name, seconds in _LOOKS.items()}
    return {
        **environment(installation.urls, home=installation.settings.home, speed=plan.speed),
        **{variable_of(name): value for name, value in every.items()},
        **{variable_of(name): str(value) for name, value in _LEASES.items()},
        MUTANT_VARIABLE: plan.mutant,
        **plan.variables,
    }


_LOOKS = {"quiet_s": times.QUIET_S, "second_look_s": times.SECOND_LOOK_S}
_LEASES = {
    "process_lease_s": times.PROCESS_LEASE_S,
    "heartbeat_s": times.HEARTBEAT_S,
    "ownership_lease_s": times.OWNERSHIP_LEASE_S,
    "sweep_every_s": times.SWEEP_EVERY_S,
    "drain_s": times.DRAIN_S,
}


def _start_sandbox(crew: Crew, http: DirectClient, plan: Plan, folder: Path) -> str:
    port = free_port()
    url = f"http://{LOCALHOST}:{port}"
    shortest, longest = times.LATENCY_MS
    crew.start(
        "sandbox",
        *("sandbox", "--port", str(port), "--ledger", str(folder / LEDGER)),
        *("--faults", str(plan.faults), "--seed", str(plan.seed), "--speed", str(plan.speed)),
        *("--latency-ms", str(shortest), str(longest), "--hold", str(times.HOLD_S)),
        *("--token-speed", str(plan.token_speed)),
    )
    wait_until(lambda: is_ready(http, url, SANDBOX_READY), "the sandbox")
    return url


def _connections(installation: Installation) -> Connections:
    settings = installation.settings
    return Connections(installation.database, Vault(secret_keys(settings.secret_keys, settings.home)))


def _sellers(
    installation: Installation,
    connections: Connections,
    http: DirectClient,
    sandbox_url: str,
    count: int,
    folder: Path,
) -> Mapping[TenantId, SellerToken]:
    tenants = make_tenants(installation.database, count)
    by_plugin = frozenset(installation.plugin_marketplaces)
    connect_sellers(connections, http, sandbox_url, tenants, MARKETPLACES, by_plugin=by_plugin)
    tokens = access_tokens(installation.settings)
    return {tenant: SellerToken(tenant, tokens, folder / f"token-{tenant}") for tenant in tenants}


def _products(installation: Installation, tenants: Sequence[TenantId], jobs: int) -> Mapping[TenantId, Sequence[int]]:
    media = media_folder(installation.settings.home)
    store = Products(installation.database).put
    photos = PhotoSource(media.root, media)
    count = -(-jobs // len(MARKETPLACES))
    return import_products(store, tenants, demo_products(media), photos=photos, limit=count).products


def _start_stoflow(made: World) -> None:
    made.crew.start("api", "api", **made.variables)
    made.crew.start("orchestrator", "orchestrator", **made.variables)
    made.crew.start("worker", "worker", "--processes", "2", **made.variables)
    wait_until(lambda: is_ready(made.http, made.api_url), "the api")


def start_plugins(made: World, *, lose: float) -> None:
    """Open every seller's browser."""
    for tenant in made.sellers:
        start_plugin(made, tenant, lose=lose)


def start_plugin(made: World, tenant: TenantId, *, lose: float) -> None:
    """Open one seller's browser."""
    token = made.sellers[tenant]
    token()
    made.crew.start(
        f"plugin-{tenant}",
        *("plugin", "--url", made.api_url, "--sandbox", made.sandbox_url, "--token-file", str(token.file)),
        *("--journal", str(journal_of(made, tenant)), "--plugin-id", f"chaos-{tenant}"),
        *("--lose", str(lose), "--seed", str(made.plan.seed + tenant), "--timeout", str(times.PLUGIN_TIMEOUT_S)),
    )


def journal_of(made: World, tenant: TenantId) -> Path:
    return made.folder / f"plugin-{tenant}.ndjson"


def journaled(made: World, event: str) -> int:
    """Return how often the plugins noted this event."""
    journals = (journal_of(made, tenant) for tenant in made.sellers)
    texts = (journal.read_text("utf-8", errors="replace") for journal in journals if journal.exists())
    return sum(text.count(f'"event": "{event}"') for text in texts)


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Return when it is so; TimeoutError where it takes too long."""
    deadline = time.monotonic() + READY_WITHIN_S
    while not is_so():
        if time.monotonic() > deadline:
            message = f"{what} was not ready within {READY_WITHIN_S:.0f} s"
            raise TimeoutError(message)
        time.sleep(POLL_S)

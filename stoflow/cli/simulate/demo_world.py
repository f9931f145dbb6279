"""The processes of a demo: the simulated marketplaces, and every kind of process StoFlow has."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stoflow.cli.run.children import LOCALHOST, Child, Children, free_port
from stoflow.cli.simulate.demo_tokens import SellerToken
from stoflow.domain.ids import TenantId
from stoflow.settings import variable_of
from stoflow.storage.servers.keeping import ServerUrls
from stoflow.transports.api_client import is_ready
from stoflow.transports.direct.client import DirectClient
from stoflow_sandbox.application import DEFAULT_API_URL, Application
from stoflow_sandbox.markets import known_markets
from stoflow_sandbox.plugin import HeadlessPlugin, PluginOptions

WORKER_PROCESSES = 2
LEDGER = "ledger.ndjson"
DRAIN_S = 5.0  # whoever interrupts a demo wants it to end
SANDBOX_READY = "/control/ready"


@dataclass(frozen=True, slots=True)
class SandboxTempo:
    """How the sandbox behaves: the share of calls that go wrong, chosen by the seed, and what divides its delays."""

    faults: float = 0.0
    seed: int = 0
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class World:
    """Where things of one run are: the addresses of its doors, its own folder for ledger and logs."""

    sandbox_url: str
    api_url: str
    folder: Path

    @property
    def ledger(self) -> Path:
        return self.folder / LEDGER


def environment(urls: ServerUrls, *, home: Path, speed: float) -> Mapping[str, str]:
    """Return what every process of the run has in common."""
    values = {
        "database_url": urls.database_url,
        "redis_url": urls.redis_url,
        "home": str(home),
        "speed": str(speed),
        "drain_s": str(DRAIN_S),
        "sync_every_s": "0",  # the run counts its own jobs
        "orders_every_s": "0",
        "plugin_terms": "told",  # those who play the marketplace have no terms
    }
    return {variable_of(field): value for field, value in values.items()}


@dataclass(frozen=True, slots=True)
class Doors:
    """The processes others call, to be waited for before they are."""

    sandbox: Child
    api: Child


def start_processes(children: Children, folder: Path, tempo: SandboxTempo) -> tuple[World, Doors]:
    """Start the sandbox and StoFlow's processes side by side; none of them is ready yet."""
    sandbox_port, api_port = free_port(), free_port()
    world = World(f"http://{LOCALHOST}:{sandbox_port}", f"http://{LOCALHOST}:{api_port}", folder)
    arguments = ["--port", str(sandbox_port), "--ledger", str(world.ledger)]
    arguments += ["--api-url", world.api_url]
    arguments += ["--faults", str(tempo.faults), "--seed", str(tempo.seed), "--speed", str(tempo.speed)]
    sandbox = children.start("sandbox", "sandbox", *arguments)
    variables = marketplace_variables(world.sandbox_url, api_url=world.api_url)
    variables |= {variable_of("host"): LOCALHOST, variable_of("port"): str(api_port)}
    api = children.start("api", "api", **variables)
    children.start("orchestrator", "orchestrator", **variables)
    children.start_worker_processes(WORKER_PROCESSES, **variables)
    return world, Doors(sandbox, api)


def wait_for_sandbox(children: Children, http: DirectClient, world: World, doors: Doors) -> None:
    children.wait_until(lambda: is_ready(http, world.sandbox_url, SANDBOX_READY), doors.sandbox)


def wait_for_api(children: Children, http: DirectClient, world: World, doors: Doors) -> None:
    children.wait_until(lambda: is_ready(http, world.api_url), doors.api)


@contextmanager
def plugins(world: World, sellers: Mapping[TenantId, SellerToken]) -> Iterator[None]:
    """Keep every seller's browser open: the headless plugins are threads of ours, cheaper than processes."""
    crew = [
        HeadlessPlugin(
            world.api_url,
            token(),
            world.sandbox_url,
            PluginOptions(journal_file=world.folder / f"plugin-{tenant}.ndjson", token_file=token.file),
        )
        for tenant, token in sellers.items()
    ]
    try:
        for plugin in crew:
            plugin.start()
        yield
    finally:
        for plugin in crew:
            plugin.stop()


def marketplace_variables(sandbox_url: str, *, api_url: str = DEFAULT_API_URL) -> dict[str, str]:
    """Return the settings that lead the direct marketplaces' calls to the sandbox, in its own application's name."""
    application = Application(api_url=api_url)
    variables: dict[str, str] = {}
    for market in known_markets():
        variables |= market.variables(f"{sandbox_url}/{market.name}", application)
    return variables

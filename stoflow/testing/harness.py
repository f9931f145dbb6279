"""What all scenarios share: a database, the simulated marketplaces, a browser, and a tenant for each marketplace."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from cryptography.fernet import Fernet

from stoflow.cli.simulate.demo_sellers import tokens_in
from stoflow.domain.call import Call, Request, Response
from stoflow.domain.ids import TenantId
from stoflow.domain.tempo import Tempo
from stoflow.execution import plugin
from stoflow.execution.engine import Engine
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import Registry
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.renewals import Renewals
from stoflow.storage.credentials.seller_tokens import SellerTokens
from stoflow.storage.credentials.vault import Vault
from stoflow.storage.database.recorder import Recorder
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import create_tenant
from stoflow.testing.bench import LEASE_S, KeptFeed, TenantBench, applications_of, own
from stoflow.testing.browsers import through_plugin
from stoflow.testing.databases import Databases
from stoflow.testing.declared import particulars_of
from stoflow.testing.network import Network, PluginBrowser, WatchedRecorder, Wire
from stoflow.testing.scenario import Scenario
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.grants import renew
from stoflow.transports.direct.profile import DirectProfile
from stoflow.transports.direct.transport import DirectTransport
from stoflow.upkeep.action_types import register_action_types
from stoflow_sandbox.browsing import open_browsers
from stoflow_sandbox.server import SandboxServer

PLUGIN = "the browser"
CONTROL_S = 10.0
QUIET_S = 30.0
# In this order, so that nothing is left that refers to what is gone.
OF_A_TENANT = (
    "job_timeline",
    "job_calls",
    "plugin_commands",
    "strays",
    "listings",
    "remote_listings",
    "order_lines",
    "orders",
    "marketplace_tasks",
    "marketplace_jobs",
    "product_images",
    "products",
    "connections",
)
Grant = Mapping[str, Any]


@dataclass(repr=False)
class Harness:
    """A tenant is lent to one job's life at a time: the next finds nothing of it, and a new seller at the marketplace.

    To empty a tenant takes a tenth of the time that making one does.
    """

    database: Database
    registry: Registry
    sandbox: SandboxServer
    profiles: Mapping[str, DirectProfile]
    media_root: str
    tenants: dict[str, TenantBench] = field(default_factory=dict[str, TenantBench])

    def __post_init__(self) -> None:
        register_action_types(self.database, self.registry)
        vault = Vault((Fernet.generate_key().decode(),))
        self.client = DirectClient(connections=2)
        self.browsers = open_browsers(self.sandbox.sandbox.markets, self.sandbox.url)
        self.connections = Connections(self.database, vault)
        flows = {name: profile.grant for name, profile in self.profiles.items() if profile.grant}
        tokens = SellerTokens(Renewals(self.database, vault), flows, partial(renew, self.client))
        self.applications = applications_of(self.database, self.registry)
        self.transport = DirectTransport(self.profiles.values(), tokens, self.client, renews=self.applications.renews)

    def close(self) -> None:
        self.client.close()
        for browser in self.browsers.values():
            browser.close()

    def scenario(self, place: Marketplace, action: str, **wishes: Any) -> Scenario:
        """Return an empty scenario: a tenant who has nothing but a connection, to an account as `wishes` say."""
        bench = self._emptied(place)
        granted = self.sandbox.sandbox.control.make_seller(place.name, tenant=bench.tenant, wishes=wishes)
        network = Network(lambda task: bench.one(f"SELECT name FROM {{s}}.marketplace_tasks WHERE id = {task}")["name"])
        worker = self._worker(bench, network)
        performed = partial(self._performed, place)
        browser = PluginBrowser(PLUGIN, performed, network) if place.by_plugin else None
        scenario = Scenario(
            place=place,
            action=action,
            bench=worker,
            network=network,
            sandbox=self.sandbox.sandbox,
            seller=granted["external_id"],
            template=particulars_of(place.name).product,
            reconnect=lambda: self._connect(worker, place, self._granted(place, granted["external_id"])),
            browser=browser,
        )
        if browser:
            plugin.connected(worker.engine, worker.tenant, PLUGIN, "socket")
        self._connect(worker, place, granted)
        return scenario

    def _worker(self, bench: TenantBench, network: Network) -> TenantBench:
        """Return a worker process of the tenant, whose calls and claims the network sees."""
        feed, wire = KeptFeed(), Wire(network, self.transport)
        engine = replace(bench.engine, recorder=WatchedRecorder(self.database, network), transport=wire, feed=feed)
        return replace(bench, engine=engine, feed=feed).worker()

    def _connect(self, worker: TenantBench, place: Marketplace, granted: Grant) -> None:
        """Connect the tenant, or connect it anew: with tokens, or by signing in in the browser."""
        by_plugin = place.by_plugin
        self.connections.save(
            worker.tenant,
            place.name,
            external_id=granted["external_id"],
            settings={**granted["settings"], **particulars_of(place.name).account},
            tokens=None if by_plugin else tokens_in(granted),
        )
        if by_plugin:
            self.browsers[place.name].sign_in_with(granted)
            plugin.session_state(worker.engine, worker.tenant, place.name, ok=True, reason="")

    def _granted(self, place: Marketplace, seller: str) -> Grant:
        """Return what the marketplace gives a seller who consents, or signs in, anew."""
        request = Request("POST", f"/control/sellers/{place.name}/{seller}/grant")
        return self.client.exchange(self.sandbox.url, request, headers={}, deadline_s=CONTROL_S).body

    def _performed(self, place: Marketplace, call: Call, attempt: str) -> Response:
        return through_plugin(self.browsers[place.name], self.media_root, attempt=attempt)(call)

    def _emptied(self, place: Marketplace) -> TenantBench:
        bench = self.tenants.get(place.name)
        if bench is None:
            bench = self.tenants[place.name] = self._bench(create_tenant(self.database, f"{place.name}@example.com"))
        bench.all(";".join(f"DELETE FROM {{s}}.{table}" for table in OF_A_TENANT))
        return bench

    def _bench(self, tenant: TenantId) -> TenantBench:
        owned = own(self.database, tenant)
        feed = KeptFeed()
        engine = Engine(
            database=self.database,
            recorder=Recorder(self.database),
            registry=self.registry,
            transport=self.transport,
            feed=feed,
            tempo=Tempo(),
            process=lambda: owned.worker,
            lease_s=LEASE_S,
            quiet_s=lambda _: QUIET_S,
            second_look_s=lambda _: 2 * QUIET_S,
            media_root=self.media_root,
            taxonomy=lambda _: {},
            applications=self.applications,
        )
        return TenantBench(engine, feed, tenant, owned.owner, owned.epoch, owned.worker)


def opened_harness(
    databases: Databases,
    registry: Registry,
    sandbox: SandboxServer,
    profiles: Mapping[str, DirectProfile],
    media_root: str,
) -> Iterator[Harness]:
    """Yield a harness in a database of its own; to be a module's fixture."""
    name = databases.create(databases.migrated)
    database = Database(databases.url_of(name), application_name="stoflow tests")
    harness = Harness(database, registry, sandbox, profiles, media_root)
    yield harness
    harness.close()
    database.close()
    databases.drop(name)

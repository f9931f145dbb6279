"""The sellers of a virtual engine: their accounts, their browsers, and what goes on for them by itself."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

from stoflow.cli.simulate.demo_sellers import declared, tokens_in
from stoflow.domain.call import Call, Command, Response
from stoflow.domain.ids import ProcessId, TenantId
from stoflow.execution import plugin
from stoflow.execution.engine import Engine
from stoflow.marketplaces.contract import Marketplace
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.database.tenants import create_tenant
from stoflow.testing.browsers import through_plugin
from stoflow.testing.doubles import Doubles
from stoflow.testing.network import PluginBrowser
from stoflow.testing.tenant import VirtualTenant
from stoflow.upkeep.stock import Stock
from stoflow.upkeep.timetable import Timetable, periods
from stoflow.wiring.handle import TenantHandle, make_inline
from stoflow.wiring.installation import Installation
from stoflow_sandbox.browsing import SellerBrowser, open_browsers
from stoflow_sandbox.server import SandboxServer

PLUGIN = "the seller's browser"


@dataclass(repr=False)
class Sellers:
    """`engine` is what everything runs on; `owner` is an orchestrator, for who asks how a job stands.

    Each seller has a browser of their own.
    """

    installation: Installation
    engine: Engine
    owner: ProcessId
    sandbox: SandboxServer
    doubles: Doubles
    tenants: list[VirtualTenant] = field(default_factory=list[VirtualTenant])

    def __post_init__(self) -> None:
        of = self.installation
        self._opened = ExitStack()
        self._connections = Connections(of.database, of.vault)
        self._timetable = Timetable(of.database, of.registry, periods(of.registry, of.settings))
        self._stock = Stock(of.database, of.registry)
        self._numbers = count(1)

    def close(self) -> None:
        self._opened.close()

    def turn(self) -> None:
        """Do what comes round for them by itself, what they do in their browsers, and the next job of each."""
        self._timetable.turn()
        self._stock.follow()
        for tenant in self.tenants:
            tenant.work()

    def make_tenant(self, places: Iterable[Marketplace]) -> VirtualTenant:
        """Make a tenant with a new account at each of these places."""
        tenant = create_tenant(self.installation.database, f"seller-{next(self._numbers)}@example.com")
        accounts = {place.name: self._make_account(place, tenant) for place in places}
        db = TenantHandle(self.installation, tenant, lambda of, _: make_inline(of, self.engine, patience_s=0.0))
        self._opened.callback(db.close)
        browsers = self._open_browsers(accounts)
        made = VirtualTenant(
            id=tenant,
            db=db,
            accounts={name: granted["external_id"] for name, granted in accounts.items()},
            browser=PluginBrowser(PLUGIN, partial(self._perform, browsers), self.doubles),
            connect_again=partial(self._connect_again, tenant, browsers),
            installation=self.installation,
            engine=self.engine,
            owner=self.owner,
            behave=self.sandbox.sandbox.control.behave,
        )
        made.open_browser()
        self.tenants.append(made)
        return made

    def _make_account(self, place: Marketplace, tenant: TenantId) -> Mapping[str, Any]:
        granted = self.sandbox.sandbox.control.make_seller(place.name, tenant=tenant)
        self._save(place, tenant, granted)
        return granted

    def _connect_again(self, tenant: TenantId, browsers: Mapping[str, SellerBrowser], name: str, account: str) -> None:
        """Let the seller consent anew, or sign in anew in the browser."""
        place = self.installation.registry.marketplace(name)
        granted = self.sandbox.sandbox.control.grant(name, account)
        self._save(place, tenant, granted)
        if place.by_plugin:
            browsers[name].sign_in_with(granted)
            plugin.session_state(self.engine, tenant, name, ok=True, reason="")

    def _save(self, place: Marketplace, tenant: TenantId, granted: Mapping[str, Any]) -> None:
        self._connections.save(
            tenant,
            place.name,
            external_id=granted["external_id"],
            settings=declared(granted["settings"]),
            tokens=None if place.by_plugin else tokens_in(granted),
        )

    def _open_browsers(self, accounts: Mapping[str, Mapping[str, Any]]) -> Mapping[str, SellerBrowser]:
        markets = [market for market in self.sandbox.sandbox.markets if market.name in accounts]
        browsers = open_browsers(markets, self.sandbox.url)
        for name, browser in browsers.items():
            self._opened.callback(browser.close)
            browser.sign_in_with(accounts[name])
        return browsers

    def _perform(self, browsers: Mapping[str, SellerBrowser], call: Call, attempt: str) -> Response:
        assert isinstance(call, Command)
        browser = browsers[call.action.partition(".")[0]]
        return through_plugin(browser, str(self.installation.media.root), attempt=attempt)(call)

"""Accounts at the simulated marketplaces for whoever sells here, as they come: nobody has to consent to a simulator."""

from collections.abc import Sequence

from stoflow.cli.simulate.demo_sellers import DEMO_DOMAIN, SIMULATED, connect_sellers
from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault, secret_keys
from stoflow.storage.database.tenants import list_tenants
from stoflow.transports.direct.client import DirectClient
from stoflow.wiring.installation import Installation
from stoflow_sandbox.markets import known_markets


class SimulatedSellers:
    """Connects each active seller once per life of a sandbox, and never over a connection to the real marketplace."""

    def __init__(self, installation: Installation, http: DirectClient, sandbox_url: str) -> None:
        settings = installation.settings
        self._installation = installation
        self._connections = Connections(installation.database, Vault(secret_keys(settings.secret_keys, settings.home)))
        self._http = http
        self._sandbox_url = sandbox_url
        self._known: set[TenantId] = set()

    def forget(self) -> None:
        """Begin anew: another sandbox knows nobody."""
        self._known.clear()

    def connect_new(self) -> Sequence[TenantId]:
        """Connect those who have come since, and return them."""
        new = [
            tenant.id
            for tenant in list_tenants(self._installation.database)
            if tenant.is_active and tenant.id not in self._known and not tenant.email.endswith(f"@{DEMO_DOMAIN}")
        ]
        for tenant in new:
            self._connect(tenant)
            self._known.add(tenant)
        return new

    def _connect(self, tenant: TenantId) -> None:
        known = self._installation.registry.marketplaces
        played = [market.name for market in known_markets() if market.name in known]
        names = [name for name in played if self._may_connect(tenant, name)]
        by_plugin = frozenset(self._installation.plugin_marketplaces)
        connect_sellers(self._connections, self._http, self._sandbox_url, [tenant], names, by_plugin=by_plugin)

    def _may_connect(self, tenant: TenantId, marketplace: str) -> bool:
        try:
            account = self._connections.account(tenant, marketplace)
        except NotFound:
            return True
        return bool(account.settings.get(SIMULATED)) or not account.external_id  # "" is nobody's: only waited for

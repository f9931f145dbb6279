"""What `stoflow up --sandbox` runs beside StoFlow: simulated marketplaces, and accounts there for who sells here."""

from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import cached_property

from stoflow.cli.output import say
from stoflow.cli.run.children import LOCALHOST, Child, Children
from stoflow.cli.simulate.demo_world import LEDGER, SANDBOX_READY, marketplace_variables
from stoflow.cli.simulate.up_sellers import SimulatedSellers
from stoflow.domain.errors import APIError
from stoflow.marketplaces.registry import build_registry
from stoflow.settings import Settings, variable_of
from stoflow.storage.database.session import Database
from stoflow.storage.servers.keeping import ServerUrls
from stoflow.transports.api_client import is_ready
from stoflow.transports.direct.client import DirectClient
from stoflow.wiring.installation import Installation


def simulation(
    settings: Settings, urls: ServerUrls, database: Database, resources: ExitStack, port: int
) -> "Simulation":
    """Return what simulates the marketplaces of this installation."""
    http = resources.enter_context(closing(DirectClient()))
    return Simulation(Installation(settings, urls, database, build_registry(), resources), http, port)


@dataclass(frozen=True)
class Simulation:
    """The sandbox of one `stoflow up`, on a port of its own."""

    installation: Installation
    http: DirectClient
    port: int
    name: str = field(default="sandbox", init=False)

    @property
    def url(self) -> str:
        return f"http://{LOCALHOST}:{self.port}"

    @cached_property
    def _sellers(self) -> SimulatedSellers:
        return SimulatedSellers(self.installation, self.http, self.url)

    def variables(self, api_url: str) -> Mapping[str, str]:
        """Return the settings that lead every process to the sandbox."""
        return {**marketplace_variables(self.url, api_url=api_url), variable_of("plugin_terms"): "told"}

    def start(self, children: Children, api_url: str) -> Child:
        ledger = self.installation.settings.home / "up" / LEDGER
        ledger.parent.mkdir(parents=True, exist_ok=True)
        arguments = ("--port", str(self.port), "--ledger", str(ledger), "--api-url", api_url)
        return children.start(self.name, "sandbox", *arguments, "--speed", str(self.installation.settings.speed))

    def is_ready(self) -> bool:
        return is_ready(self.http, self.url, SANDBOX_READY)

    def look_after(self, *, has_died: bool) -> None:
        """Connect those who have come since, anew where the sandbox that knew them has died."""
        if has_died:
            self._sellers.forget()
        try:
            for tenant in self._sellers.connect_new():
                say(f"Tenant {tenant} has accounts at the simulated marketplaces.")
        except APIError:
            return  # the sandbox is on its way; the next round asks it again

    def next_steps(self, api_url: str) -> str:
        """Return what to type in another terminal, in order."""
        marketplace = next(iter(self.installation.registry.marketplaces))
        return f"""A seller of your own, in another terminal (put the id that the first command prints for ID):

  stoflow tenant create me@example.com
  stoflow products import FILE.csv --tenant ID
  stoflow token --tenant ID --token-file token-ID
  stoflow token --tenant ID --token-file token-ID --refresh &
  stoflow plugin --url {api_url} --token-file token-ID --sandbox {self.url} &
  curl {api_url}/api/{marketplace}/jobs -H "Authorization: Bearer $(cat token-ID)" \\
    -H 'Content-Type: application/json' -d '{{"product_id": 1, "action_type": "publish"}}'
"""

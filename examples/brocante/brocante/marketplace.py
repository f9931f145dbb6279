"""Brocante as StoFlow's registry sees it: what can be done there, and where it is."""

from brocante.service import SAYS, PublishBrocante
from stoflow.marketplaces.actions import DELETE, PUBLISH
from stoflow.marketplaces.calls import EndListing
from stoflow.marketplaces.contract import Marketplace
from stoflow.settings import PackageSettings, Secret, Settings
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile, bearer


class BrocanteSettings(PackageSettings, env_prefix="STOFLOW_BROCANTE_"):
    base_url: str = "https://api.brocante.example"
    client_id: str = ""
    client_secret: Secret = ""


def configured(_: Settings) -> DirectProfile:
    """Return how it is called; the transport adds the seller's token, renews it, and keeps to the deadline."""
    own = BrocanteSettings.read()
    refresh = RefreshFlow(own.base_url, "/oauth/token", own.client_id, own.client_secret)
    return DirectProfile(name="brocante", base_url=own.base_url, headers=bearer, grant=refresh)


BROCANTE = Marketplace(
    name="brocante",
    transport="direct",
    actions=(PUBLISH, DELETE),
    handlers={"publish": PublishBrocante(), "delete": EndListing("brocante", "/things/{}".format, SAYS)},
    products=frozenset({"publish", "delete"}),
    profile=configured,
    settings=BrocanteSettings,
)

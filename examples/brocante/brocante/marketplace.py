"""Brocante as StoFlow's registry sees it: what can be done there, and where it is."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from brocante.handlers import DeleteBrocante, PublishBrocante
from brocante.service import Stall
from stoflow.marketplaces.contract import ActionSpec, Marketplace
from stoflow.settings import ENV_FILE, ENV_PREFIX, Settings
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile, bearer

PREFIX = f"{ENV_PREFIX}BROCANTE_"


class BrocanteSettings(BaseSettings):
    """Settings of its own, read beside StoFlow's: STOFLOW_BROCANTE_BASE_URL and so on."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True)

    base_url: str = "https://api.brocante.example"
    client_id: str = ""
    client_secret: str = Field(default="", repr=False)


def configured(_: Settings) -> DirectProfile:
    """Return how it is called; the transport adds the seller's token, renews it, and keeps to the deadline."""
    own = BrocanteSettings()
    refresh = RefreshFlow(own.base_url, "/oauth/token", own.client_id, own.client_secret)
    return DirectProfile(name="brocante", base_url=own.base_url, headers=bearer, grant=refresh)


BROCANTE = Marketplace(
    name="brocante",
    transport="direct",
    actions=(
        ActionSpec("publish", "Publish product", rate_limit_ms=1000),
        ActionSpec("delete", "Delete product", priority=4, overtakes=frozenset({"publish"})),
    ),
    handlers={"publish": PublishBrocante(Stall()), "delete": DeleteBrocante(Stall())},
    products=frozenset({"publish", "delete"}),
    profile=configured,
)

"""Kiosque as StoFlow's registry sees it: calls signed with a key and a secret that the seller enters."""

import hmac
from collections.abc import Mapping
from hashlib import sha256

from pydantic_settings import BaseSettings, SettingsConfigDict

from kiosque.handlers import DeleteKiosque, PublishKiosque
from kiosque.service import Counter
from stoflow.domain.call import Reply
from stoflow.marketplaces.contract import ActionSpec, Marketplace
from stoflow.marketplaces.outputs import text_in
from stoflow.settings import ENV_FILE, ENV_PREFIX, Settings
from stoflow.transports.direct.consent import Identity
from stoflow.transports.direct.credentials import CredentialField, CredentialForm
from stoflow.transports.direct.profile import DirectProfile
from stoflow.transports.direct.signing import Credentials, OutgoingCall

PREFIX = f"{ENV_PREFIX}KIOSQUE_"
WHERE = "on Kiosque under My stand, Keys"
FIELDS = (
    CredentialField("key", f"the public key, KQ and digits, shown {WHERE}", "KQ[0-9]+"),
    CredentialField("secret", f"the secret, 64 characters, shown once when the key is made {WHERE}", "[0-9a-f]{64}"),
)


class KiosqueSettings(BaseSettings):
    """Settings of its own, read beside StoFlow's: STOFLOW_KIOSQUE_BASE_URL."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True)

    base_url: str = "https://api.kiosque.example"


def sign(call: OutgoingCall, credentials: Credentials) -> Mapping[str, str]:
    """Sign method, target, time and body: Kiosque takes each signature once, and none that is minutes old."""
    signed = f"{call.method}\n{call.target}\n{call.at:.6f}\n{sha256(call.body).hexdigest()}"
    signature = hmac.new(credentials["secret"].encode(), signed.encode(), sha256).hexdigest()
    return {"authorization": f"Kiosque {credentials['key']} {call.at:.6f} {signature}"}


def stand_in(reply: Reply) -> Identity | None:
    stand = text_in(reply.body, "stand")
    return Identity(stand) if stand else None


def configured(_: Settings) -> DirectProfile:
    """Return how it is called: no token, no grant, and no page to consent on."""
    form = CredentialForm(FIELDS, "/stand", stand_in, reason_in=lambda reply: text_in(reply.body, "error"))
    return DirectProfile("kiosque", KiosqueSettings().base_url, sign=sign, credentials=form)


KIOSQUE = Marketplace(
    name="kiosque",
    transport="direct",
    actions=(
        ActionSpec("publish", "Publish product", rate_limit_ms=1000),
        ActionSpec("delete", "Delete product", priority=4, overtakes=frozenset({"publish"})),
    ),
    handlers={"publish": PublishKiosque(Counter()), "delete": DeleteKiosque(Counter())},
    products=frozenset({"publish", "delete"}),
    profile=configured,
)

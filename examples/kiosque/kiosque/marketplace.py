"""Kiosque as StoFlow's registry sees it: calls signed with a key and a secret that the seller enters."""

import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256

from kiosque.service import SAYS, PublishKiosque
from stoflow.marketplaces.actions import DELETE, PUBLISH
from stoflow.marketplaces.calls import EndListing
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.limits import rest_by_headers
from stoflow.marketplaces.notices import Notice, is_signed
from stoflow.marketplaces.outputs import text_in
from stoflow.settings import PackageSettings, Secret, Settings
from stoflow.transports.direct.consent import Identity
from stoflow.transports.direct.credentials import CredentialField, CredentialForm
from stoflow.transports.direct.profile import DirectProfile
from stoflow.transports.direct.signing import Credentials, OutgoingCall

FIELDS = (
    CredentialField("key", "the public key, KQ and digits, on Kiosque under My stand, Keys", "KQ[0-9]+"),
    CredentialField("secret", "the secret, 64 characters, shown once when the key is made", "[0-9a-f]{64}"),
)


class KiosqueSettings(PackageSettings, env_prefix="STOFLOW_KIOSQUE_"):
    base_url: str = "https://api.kiosque.example"
    notices_secret: Secret = ""


def sign(call: OutgoingCall, credentials: Credentials) -> Mapping[str, str]:
    """Sign method, target, time and body: Kiosque takes each signature once, and none that is minutes old."""
    signed = f"{call.method}\n{call.target}\n{call.at:.6f}\n{sha256(call.body).hexdigest()}"
    signature = hmac.new(credentials["secret"].encode(), signed.encode(), sha256).hexdigest()
    return {"authorization": f"Kiosque {credentials['key']} {call.at:.6f} {signature}"}


def noticed(headers: Mapping[str, str], raw: bytes) -> Sequence[Notice] | None:
    """Believe an operation's name that is signed as calls are, with the secret Kiosque shares with StoFlow."""
    said, secret = headers["authorization"].split(" "), KiosqueSettings.read().notices_secret
    expected = sign(OutgoingCall("POST", "/notices", raw, float(said[2])), {"key": said[1], "secret": secret})
    return [Notice(raw.decode())] if secret and is_signed(headers, expected) else None


def configured(_: Settings) -> DirectProfile:
    """Return how it is called: no token, no grant, and no page to consent on."""
    form = CredentialForm(
        FIELDS,
        identity_path="/stand",
        identity_in=lambda reply: Identity(stand) if (stand := text_in(reply.body, "stand")) else None,
        reason_in=lambda reply: text_in(reply.body, "error"),
    )
    return DirectProfile("kiosque", KiosqueSettings.read().base_url, sign=sign, credentials=form)


KIOSQUE = Marketplace(
    name="kiosque",
    transport="direct",
    actions=(PUBLISH, DELETE),
    handlers={"publish": PublishKiosque(), "delete": EndListing("kiosque", "/notices/{}".format, SAYS)},
    products=frozenset({"publish", "delete"}),
    profile=configured,
    settings=KiosqueSettings,
    notices=noticed,
    rest_s=rest_by_headers,
)

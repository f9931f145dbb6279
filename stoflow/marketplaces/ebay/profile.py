"""Where eBay is, how it is called, and what a seller allows there (FACTS 1.1, 1.6)."""

from collections.abc import Mapping
from typing import Any, cast

from stoflow.domain.call import Reply
from stoflow.settings import Settings, unset_of
from stoflow.transports.direct.consent import ALL_ACTIONS, OF_ACCOUNT, ConsentFlow, Identity
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile, bearer

# Each kind of call has a host of its own there; a sandbox of ours serves all of them.
_HOSTS: Mapping[str, Mapping[str, str]] = {
    "https://api.ebay.com": {
        "/commerce/media/": "https://apim.ebay.com",
        "/commerce/identity/": "https://apiz.ebay.com",
    },
    "https://api.sandbox.ebay.com": {
        "/commerce/media/": "https://apim.sandbox.ebay.com",
        "/commerce/identity/": "https://apiz.sandbox.ebay.com",
    },
}
_CONSENT_HOSTS = {
    "https://api.ebay.com": "https://auth.ebay.com",
    "https://api.sandbox.ebay.com": "https://auth.sandbox.ebay.com",
}
_SCOPE = "https://api.ebay.com/oauth/api_scope"
SCOPES: Mapping[str, tuple[str, ...]] = {
    ALL_ACTIONS: (f"{_SCOPE}/commerce.identity.readonly",),
    OF_ACCOUNT: (f"{_SCOPE}/sell.account.readonly", f"{_SCOPE}/sell.inventory"),
    "publish": (f"{_SCOPE}/sell.inventory",),
    "update": (f"{_SCOPE}/sell.inventory",),
    "delete": (f"{_SCOPE}/sell.inventory",),
    "sync": (f"{_SCOPE}/sell.inventory",),
    "sync_orders": (f"{_SCOPE}/sell.fulfillment.readonly",),
}
IDENTITY = "/commerce/identity/v1/user/"


def ebay_profile(
    base_url: str,
    *,
    client_id: str,
    client_secret: str,
    redirect_uri: str = "",
    consent_base_url: str | None = None,
    unset: tuple[str, ...] = (),
) -> DirectProfile:
    """eBay: Basic authentication for tokens, and the refresh token stays. `redirect_uri` is the RuName."""
    base_url = base_url.rstrip("/")
    consent = ConsentFlow(
        page=f"{consent_base_url or _CONSENT_HOSTS.get(base_url, base_url)}/oauth2/authorize",
        redirect_uri=redirect_uri,
        scopes=SCOPES,
        identity_path=IDENTITY,
        identity_in=_identity_in,
        unset=unset,
    )
    return DirectProfile(
        name="ebay",
        base_url=base_url,
        headers=bearer,
        grant=RefreshFlow(base_url, "/identity/v1/oauth2/token", client_id, client_secret),
        hosts=_HOSTS.get(base_url, {}),
        consent=consent,
    )


def configured(settings: Settings) -> DirectProfile:
    return ebay_profile(
        settings.ebay_base_url,
        client_id=settings.ebay_client_id,
        client_secret=settings.ebay_client_secret,
        redirect_uri=settings.ebay_redirect_uri,
        consent_base_url=settings.ebay_consent_base_url,
        unset=unset_of(settings, "ebay_client_id", "ebay_client_secret", "ebay_redirect_uri"),
    )


def _identity_in(_: str, reply: Reply) -> Identity | None:
    """Read the user's immutable id: the name beside it may be changed by the user."""
    user_id = cast("Mapping[str, Any]", reply.body).get("userId") if isinstance(reply.body, Mapping) else None
    return Identity(user_id) if isinstance(user_id, str) and user_id else None

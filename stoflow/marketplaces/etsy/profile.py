"""Where Etsy is, how it is called, and what a seller allows there (FACTS 2.1, 2.6)."""

from collections.abc import Mapping
from typing import Any, cast

from stoflow.domain.call import Reply
from stoflow.settings import Settings, unset_of
from stoflow.transports.direct.consent import ALL_ACTIONS, OF_ACCOUNT, ConsentFlow, Identity
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile, bearer

REFRESH_LIFE_S = 90 * 24 * 3600.0
_CONSENT_HOSTS = {
    "https://api.etsy.com": "https://www.etsy.com",
    "https://openapi.etsy.com": "https://www.etsy.com",
}
SCOPES: Mapping[str, tuple[str, ...]] = {
    ALL_ACTIONS: ("shops_r",),
    OF_ACCOUNT: ("shops_r",),
    "publish": ("listings_r", "listings_w"),
    "update": ("listings_r", "listings_w"),
    "delete": ("listings_r", "listings_d"),
    "sync": ("listings_r",),
    "sync_orders": ("transactions_r",),
}
IDENTITY = "/v3/application/users/me"


def etsy_profile(
    base_url: str,
    *,
    client_id: str,
    shared_secret: str,
    redirect_uri: str = "",
    consent_base_url: str | None = None,
    unset: tuple[str, ...] = (),
) -> DirectProfile:
    """Etsy: a key and its secret with every call, no secret for tokens, and the refresh token changes each time."""
    base_url = base_url.rstrip("/")
    key = {"x-api-key": f"{client_id}:{shared_secret}"}
    consent = ConsentFlow(
        page=f"{consent_base_url or _CONSENT_HOSTS.get(base_url, base_url)}/oauth/connect",
        redirect_uri=redirect_uri,
        scopes=SCOPES,
        identity_path=IDENTITY,
        identity_in=_identity_in,
        pkce=True,
        unset=unset,
    )
    return DirectProfile(
        name="etsy",
        base_url=base_url,
        headers=lambda access: {**bearer(access), **key},
        grant=RefreshFlow(
            base_url,
            "/v3/public/oauth/token",
            client_id,
            rotates=True,
            headers=key,
            refresh_life_s=REFRESH_LIFE_S,
        ),
        consent=consent,
        key=key if client_id and shared_secret else {},
    )


def configured(settings: Settings) -> DirectProfile:
    return etsy_profile(
        settings.etsy_base_url,
        client_id=settings.etsy_client_id,
        shared_secret=settings.etsy_shared_secret,
        redirect_uri=settings.etsy_redirect_uri,
        consent_base_url=settings.etsy_consent_base_url,
        unset=unset_of(settings, "etsy_client_id", "etsy_shared_secret", "etsy_redirect_uri"),
    )


def _identity_in(access: str, reply: Reply) -> Identity | None:
    """Read the shop; whose token it is stands before its dot."""
    shop_id = cast("Mapping[str, Any]", reply.body).get("shop_id") if isinstance(reply.body, Mapping) else None
    user_id, dot, _ = access.partition(".")
    if type(shop_id) is not int or not dot or not user_id.isdecimal():
        return None
    return Identity(str(shop_id), {"user_id": int(user_id), "shop_id": shop_id})

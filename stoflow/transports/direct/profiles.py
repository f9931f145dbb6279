"""The profiles of the marketplaces we know: eBay and Etsy (FACTS 1.1, 1.6, 2.1, 2.6)."""

from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile, bearer

# eBay's images live on a host of their own; a sandbox of ours serves both.
_EBAY_MEDIA_HOSTS = {
    "https://api.ebay.com": "https://apim.ebay.com",
    "https://api.sandbox.ebay.com": "https://apim.sandbox.ebay.com",
}


def ebay_profile(base_url: str, *, client_id: str, client_secret: str) -> DirectProfile:
    """eBay: Basic authentication to refresh, and the refresh token stays."""
    media = _EBAY_MEDIA_HOSTS.get(base_url.rstrip("/"))
    return DirectProfile(
        name="ebay",
        base_url=base_url,
        headers=bearer,
        refresh=RefreshFlow(base_url, "/identity/v1/oauth2/token", client_id, client_secret),
        hosts={"/commerce/media/": media} if media else {},
    )


def etsy_profile(base_url: str, *, client_id: str, shared_secret: str) -> DirectProfile:
    """Etsy: a key and its secret with every call, no secret to refresh, and the refresh token changes each time."""
    key = {"x-api-key": f"{client_id}:{shared_secret}"}
    return DirectProfile(
        name="etsy",
        base_url=base_url,
        headers=lambda access: {**bearer(access), **key},
        refresh=RefreshFlow(base_url, "/v3/public/oauth/token", client_id, rotates=True, headers=key),
    )

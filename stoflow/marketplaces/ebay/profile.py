"""Where eBay is and how it is called (FACTS 1.1, 1.6)."""

from stoflow.settings import Settings
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile, bearer

# eBay's images live on a host of their own; a sandbox of ours serves both.
_MEDIA_HOSTS = {
    "https://api.ebay.com": "https://apim.ebay.com",
    "https://api.sandbox.ebay.com": "https://apim.sandbox.ebay.com",
}


def ebay_profile(base_url: str, *, client_id: str, client_secret: str) -> DirectProfile:
    """eBay: Basic authentication to refresh, and the refresh token stays."""
    media = _MEDIA_HOSTS.get(base_url.rstrip("/"))
    return DirectProfile(
        name="ebay",
        base_url=base_url,
        headers=bearer,
        refresh=RefreshFlow(base_url, "/identity/v1/oauth2/token", client_id, client_secret),
        hosts={"/commerce/media/": media} if media else {},
    )


def configured(settings: Settings) -> DirectProfile:
    return ebay_profile(
        settings.ebay_base_url, client_id=settings.ebay_client_id, client_secret=settings.ebay_client_secret
    )

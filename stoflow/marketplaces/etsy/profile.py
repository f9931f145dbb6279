"""Where Etsy is and how it is called (FACTS 2.1, 2.6)."""

from stoflow.settings import Settings
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile, bearer


def etsy_profile(base_url: str, *, client_id: str, shared_secret: str) -> DirectProfile:
    """Etsy: a key and its secret with every call, no secret to refresh, and the refresh token changes each time."""
    key = {"x-api-key": f"{client_id}:{shared_secret}"}
    return DirectProfile(
        name="etsy",
        base_url=base_url,
        headers=lambda access: {**bearer(access), **key},
        refresh=RefreshFlow(base_url, "/v3/public/oauth/token", client_id, rotates=True, headers=key),
    )


def configured(settings: Settings) -> DirectProfile:
    return etsy_profile(
        settings.etsy_base_url, client_id=settings.etsy_client_id, shared_secret=settings.etsy_shared_secret
    )

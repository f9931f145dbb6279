"""What issues and reads access tokens."""

from stoflow.http.auth.keys import load_keys
from stoflow.http.auth.tokens import AccessTokens
from stoflow.settings import Settings


def access_tokens(settings: Settings) -> AccessTokens:
    """Return what issues and reads access tokens, with keys made under the home where none are configured."""
    return AccessTokens(load_keys(settings.jwt_keys_dir, home=settings.home))

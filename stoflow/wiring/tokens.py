"""What issues and reads access tokens."""

from stoflow.http.auth.key_folder import key_folder
from stoflow.http.auth.tokens import AccessTokens
from stoflow.settings import Settings


def access_tokens(settings: Settings) -> AccessTokens:
    """Return what issues and reads access tokens, with keys made under the home where none are configured."""
    return AccessTokens(key_folder(settings.jwt_keys_dir, home=settings.home))

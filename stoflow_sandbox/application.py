"""The one developer's application that the simulated marketplaces know."""

import hmac
from base64 import b64decode
from dataclasses import dataclass

DEFAULT_API_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Application:
    """Each marketplace has names of its own for the first two. At `api_url` it takes the sellers who consented."""

    client_id: str = "stoflow-sandbox"
    client_secret: str = "stoflow-sandbox-secret"  # noqa: S105  # opens nothing but this simulator
    api_url: str = DEFAULT_API_URL

    def callback(self, marketplace: str) -> str:
        """Return where sellers are sent back to who consented at this marketplace."""
        return f"{self.api_url}/api/{marketplace}/oauth/callback"

    def opens_with_basic(self, header: str) -> bool:
        """Say whether an Authorization header of the Basic kind is this application's."""
        kind, _, coded = header.partition(" ")
        if kind.lower() != "basic":
            return False
        try:
            return self.opens_with_pair(b64decode(coded, validate=True).decode())
        except ValueError:
            return False

    def opens_with_pair(self, pair: str) -> bool:
        """Say whether `id:secret` is this application's."""
        return hmac.compare_digest(pair.encode(), f"{self.client_id}:{self.client_secret}".encode())

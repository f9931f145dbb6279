"""What must be known of a marketplace to call it: where it is, which headers it wants, how a seller consents."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from stoflow.transports.direct.consent import ConsentFlow
from stoflow.transports.direct.oauth import RefreshFlow


@dataclass(frozen=True, slots=True)
class DirectProfile:
    """`headers` makes a call's headers from the access token; `hosts` holds other base URLs by the path's beginning.

    `key` holds the headers of a call of the application itself, which concerns no seller; it is empty where no key is
    set, and None where such a call needs a token.

    Without a `consent` no seller can connect over HTTP: a package then brings its connections by another way.
    """

    name: str
    base_url: str
    headers: Callable[[str], Mapping[str, str]]
    refresh: RefreshFlow
    hosts: Mapping[str, str] = field(default_factory=dict[str, str])
    consent: ConsentFlow | None = None
    key: Mapping[str, str] | None = field(default=None, repr=False)

    def base_url_of(self, path: str) -> str:
        """Return the base URL for a path."""
        for beginning, base_url in self.hosts.items():
            if path.startswith(beginning):
                return base_url
        return self.base_url


def addresses_of(profile: DirectProfile) -> tuple[str, ...]:
    """Return every address that a seller's tokens or consent, or the application's secret, are sent to."""
    pages = (profile.consent.page,) if profile.consent else ()
    return (profile.base_url, profile.refresh.base_url, *profile.hosts.values(), *pages)


def bearer(access: str) -> dict[str, str]:
    """Return the header every OAuth2 marketplace wants."""
    return {"authorization": f"Bearer {access}"}

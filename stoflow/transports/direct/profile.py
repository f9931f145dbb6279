"""What must be known of a marketplace to call it: where it is, how it is told who calls, how a seller connects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from stoflow.domain.call import Reply
from stoflow.transports.direct.consent import ConsentFlow
from stoflow.transports.direct.credentials import CredentialForm
from stoflow.transports.direct.grants import Grant, presented
from stoflow.transports.direct.signing import OutgoingCall, Scheme, Sign

UNAUTHORIZED = 401


def bearer(access: str) -> dict[str, str]:
    """Return the header every OAuth2 marketplace wants."""
    return {"authorization": f"Bearer {access}"}


def no_headers(_: str) -> Mapping[str, str]:
    return {}


def is_unauthorized(reply: Reply) -> bool:
    return reply.status == UNAUTHORIZED


@dataclass(frozen=True, slots=True)
class DirectProfile:
    """`headers` makes a call's headers from the access token, `sign` those that depend on what is sent: it is given
    each call as it leaves, and the seller's credentials. `hosts` holds other base URLs by the path's beginning.

    `grant` says how what is presented is renewed, None where it is what the seller entered, and lasts. `refuses` says
    of a reply that what was presented is not accepted: the call is made once more, with another token or a new
    signature.

    `key` holds the headers of a call of the application itself, which concerns no seller; it is empty where no key is
    set, and None where such a call needs a token.

    Sellers connect themselves by a `consent` on the marketplace's page, or by `credentials` that they enter; with
    neither, a package brings its connections by another way.
    """

    name: str
    base_url: str
    headers: Callable[[str], Mapping[str, str]] = no_headers
    grant: Grant | None = None
    hosts: Mapping[str, str] = field(default_factory=dict[str, str])
    consent: ConsentFlow | None = None
    key: Mapping[str, str] | None = field(default=None, repr=False)
    sign: Scheme | None = None
    credentials: CredentialForm | None = None
    refuses: Callable[[Reply], bool] = is_unauthorized

    def base_url_of(self, path: str) -> str:
        """Return the base URL for a path."""
        for beginning, base_url in self.hosts.items():
            if path.startswith(beginning):
                return base_url
        return self.base_url

    def signer(self, access: str) -> Sign | None:
        """Return what signs calls in the name of whom this access is of, None where no call is signed."""
        scheme = self.sign
        if scheme is None:
            return None
        credentials = presented(self.grant, access)

        def sign(call: OutgoingCall) -> Mapping[str, str]:
            return scheme(call, credentials)

        return sign


def addresses_of(profile: DirectProfile) -> tuple[str, ...]:
    """Return every address that a seller's tokens or consent, or the application's secret, are sent to."""
    pages = (profile.consent.page,) if profile.consent else ()
    tokens = (profile.grant.base_url,) if profile.grant else ()
    return (profile.base_url, *tokens, *profile.hosts.values(), *pages)

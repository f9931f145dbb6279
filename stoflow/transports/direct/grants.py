"""How what a seller gave is presented and renewed: by a refresh token, by a key of the seller's own, or not at all."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from stoflow.domain.call import Reply
from stoflow.domain.errors import APIConnectionError, ApplicationNotAccepted
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.oauth import (
    CLIENT_REFUSED,
    CONSENT_ENDED,
    LONGEST_LIFE_S,
    UNAUTHORIZED,
    RefreshFlow,
    ask_for_tokens,
    error_in,
    refresh,
)
from stoflow.transports.direct.signing import Credentials
from stoflow.transports.direct.tokens import Tokens

ACCESS_TOKEN = "access_token"  # noqa: S105  # a name


def are_refused(reply: Reply) -> bool:
    """Say whether a token endpoint refuses a seller's own key and secret."""
    return reply.status == UNAUTHORIZED or error_in(reply) in CONSENT_ENDED | CLIENT_REFUSED


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Access tokens for a key and a secret of the seller's own, which are presented again at each end of one.

    `key` and `secret` name two of the fields that the seller enters (RFC 6749, section 4.4).
    """

    base_url: str
    path: str
    key: str
    secret: str
    scope: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    ends_consent: Callable[[Reply], bool] = are_refused

    @property
    def rotates(self) -> bool:
        return False


Grant = RefreshFlow | ClientCredentials


def renew(client: DirectClient, grant: Grant, kept: str) -> Tokens:
    """Return new tokens for what is kept of the seller's; raises as `refresh` does."""
    if isinstance(grant, RefreshFlow):
        return refresh(client, grant, kept)
    return _by_credentials(client, grant, unpacked(kept), kept)


def first_tokens(client: DirectClient, grant: ClientCredentials | None, given: Credentials) -> Tokens:
    """Return what is to be kept of credentials that a seller entered; raises as `refresh` does."""
    return as_entered(given) if grant is None else _by_credentials(client, grant, given, packed(given))


def as_entered(given: Credentials) -> Tokens:
    """Return what is kept of credentials before any grant: who presents them to a marketplace with one is refused, and
    renews."""
    kept = packed(given)
    return Tokens(kept, kept, access_expires_in_s=LONGEST_LIFE_S)


def packed(credentials: Credentials) -> str:
    """Return credentials as the one text that is sealed."""
    return json.dumps(dict(credentials), sort_keys=True, separators=(",", ":"))


def unpacked(text: str) -> Credentials:
    return json.loads(text)


def presented(grant: Grant | None, access: str) -> Credentials:
    """Return what a scheme signs with: what the seller entered, or the token that a grant brought."""
    return unpacked(access) if grant is None else {ACCESS_TOKEN: access}


def _by_credentials(client: DirectClient, grant: ClientCredentials, given: Credentials, kept: str) -> Tokens:
    flow = RefreshFlow(
        grant.base_url,
        grant.path,
        given[grant.key],
        given[grant.secret],
        headers=grant.headers,
        ends_consent=grant.ends_consent,
    )
    form = {"grant_type": "client_credentials"} | ({"scope": grant.scope} if grant.scope else {})
    try:
        tokens = ask_for_tokens(client, flow, form, old_refresh=kept)
    except ApplicationNotAccepted as error:  # the key is the seller's: it says nothing of StoFlow's application
        raise APIConnectionError(str(error), sent=False) from error
    return replace(tokens, refresh=kept)

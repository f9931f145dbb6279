"""The token endpoint of a marketplace: new tokens for old ones, or for a seller's consent (RFC 6749)."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, TypeVar, cast

from stoflow.domain.call import Reply, Request
from stoflow.domain.errors import APIConnectionError, ApplicationNotAccepted
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.tokens import ConsentEnded, Tokens, is_sendable

TOKEN_DEADLINE_S = 10.0
UNKNOWN_LIFE_S = 300.0  # of tokens whose end was not told, or not so that it could be: they are renewed soon
LONGEST_LIFE_S = 10 * 365 * 86_400.0
OK = 200
SCOPES_AT_MOST = 200
CONSENT_ENDED = frozenset({"invalid_grant"})
UNAUTHORIZED = 401
TOO_MANY_REQUESTS = 429
CLIENT_REFUSED = frozenset({"invalid_client", "unauthorized_client"})
"""What RFC 6749 has for a client that is not known, not allowed, or whose secret is wrong; a 401 says the same."""


def error_in(reply: Reply) -> str:
    """Return the error a token endpoint names, "" where it names none."""
    body: object = reply.body
    return str(cast("Mapping[str, Any]", body).get("error", "")) if isinstance(body, dict) else ""


def ends_consent(reply: Reply) -> bool:
    """Say whether a token endpoint says that the seller must consent anew."""
    return error_in(reply) in CONSENT_ENDED


Otherwise = TypeVar("Otherwise", float, float | None)


@dataclass(frozen=True, slots=True)
class RefreshFlow:
    """How one marketplace refreshes.

    With a secret the client names itself by Basic authentication, else by `client_id` in the body. `rotates` says
    that each refresh ends the refresh token it was made with, so that a lost answer may have ended the consent.
    `refresh_life_s` is how long a refresh token lives where the marketplace's answers do not say; `ends_consent` says
    which answers end the consent.
    """

    base_url: str
    path: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    rotates: bool = False
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    refresh_life_s: float | None = None
    ends_consent: Callable[[Reply], bool] = ends_consent


def refresh(client: DirectClient, flow: RefreshFlow, token: str) -> Tokens:
    """Return the new tokens.

    Raise ConsentEnded where the refresh token is not taken, ApplicationNotAccepted where StoFlow's own credentials are
    not, and APIError where no tokens came; `sent` then says whether they may be in an answer that nobody read.
    """
    return ask_for_tokens(client, flow, {"grant_type": "refresh_token", "refresh_token": token}, old_refresh=token)


def ask_for_tokens(client: DirectClient, flow: RefreshFlow, form: Mapping[str, str], *, old_refresh: str) -> Tokens:
    """Return the tokens for what the form presents; `old_refresh` stays where the answer brings no other one.

    Raises as `refresh` does.
    """
    headers, body = dict(flow.headers), dict(form)
    if flow.client_secret:
        credentials = b64encode(f"{flow.client_id}:{flow.client_secret}".encode()).decode()
        headers["authorization"] = f"Basic {credentials}"
    else:
        body["client_id"] = flow.client_id
    request = Request("POST", flow.path, form=body)
    reply = client.exchange(flow.base_url, request, headers=headers, deadline_s=TOKEN_DEADLINE_S)
    return _tokens(reply, flow, old_refresh=old_refresh)


def _tokens(reply: Reply, flow: RefreshFlow, *, old_refresh: str) -> Tokens:
    given: object = reply.body
    body = cast("Mapping[str, Any]", given if isinstance(given, dict) else {})
    error = error_in(reply)
    reason = str(body.get("error_description", "")) or error
    if flow.ends_consent(reply):
        raise ConsentEnded(reason)
    if error in CLIENT_REFUSED or reply.status in {UNAUTHORIZED, TOO_MANY_REQUESTS}:
        raise ApplicationNotAccepted(reason[:200] or f"it answered {reply.status}", sent=False)
    access = body.get("access_token")
    # What we cannot read may hide tokens that were given. An error is an answer that gave none: it is asked again, and
    # where it had ended our token all the same, that is refused then.
    if reply.status != OK or not is_sendable(access) or _is_odd(body.get("refresh_token")):
        message = f"The marketplace gave no tokens (HTTP {reply.status}{reason and f': {reason[:200]}'})."
        raise APIConnectionError(message, sent=reply.status == OK)
    return Tokens(
        access=access,
        refresh=body.get("refresh_token") or old_refresh,
        access_expires_in_s=_life_s(body.get("expires_in"), UNKNOWN_LIFE_S),
        granted=_scopes_in(body.get("scope")),
        refresh_expires_in_s=_life_s(body.get("refresh_token_expires_in"), flow.refresh_life_s),
    )


def _scopes_in(said: object) -> tuple[str, ...] | None:
    """Return the scopes an answer names, None where it names none: some write a list, or commas."""
    text = " ".join(map(str, cast("list[object]", said))) if isinstance(said, list) else said
    named = tuple(text.replace(",", " ").split()) if isinstance(text, str) else ()
    return named[:SCOPES_AT_MOST] or None


def _is_odd(refresh_token: object) -> bool:
    return refresh_token not in (None, "") and not is_sendable(refresh_token)


def _life_s(said: object, otherwise: Otherwise) -> float | Otherwise:
    """Return a life in seconds; `otherwise` for what is none: nothing, zero or less, endless, no number."""
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return otherwise
    try:
        seconds = float(said)
    except (ValueError, OverflowError):
        return otherwise
    return min(seconds, LONGEST_LIFE_S) if 0 < seconds < inf else otherwise

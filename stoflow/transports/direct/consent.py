"""A seller's consent: the page it is given on, what its code is worth, and whose account it is (RFC 6749, 7636)."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode

from stoflow.domain.call import Reply, Request
from stoflow.domain.consent import ConsentEnd
from stoflow.domain.errors import APIConnectionError, ConsentRefused
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.oauth import RefreshFlow, ask_for_tokens
from stoflow.transports.direct.tokens import Tokens

IDENTITY_DEADLINE_S = 10.0
OK = 200
ALL_ACTIONS = ""
OF_ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose account it is there; `settings` are those that its calls need and that the marketplace told."""

    external_id: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class ConsentFlow:
    """How a seller lets StoFlow act on one marketplace.

    `page` is where the seller says yes; what comes back goes to `redirect_uri`, or to what a marketplace calls by
    that name. `scopes` are what each action needs, "" what all of them do, "account" what it takes to read what the
    seller has to choose from. `identity_path` is the call that tells whose token it is, and `identity_in` reads its
    answer, None where it names nobody. `unset` names the variables without which nobody can consent.
    """

    page: str
    redirect_uri: str
    scopes: Mapping[str, tuple[str, ...]]
    identity_path: str
    identity_in: Callable[[str, Reply], Identity | None]  # of the access token and the answer
    pkce: bool = False
    unset: tuple[str, ...] = ()


def consent_url(flow: ConsentFlow, client_id: str, *, state: str, verifier: str) -> str:
    """Return the address to open in the seller's browser; the verifier itself stays here."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": flow.redirect_uri,
        "scope": " ".join(all_scopes(flow)),
        "state": state,
    }
    if flow.pkce:
        query |= {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256"}
    return f"{flow.page}?{urlencode(query, quote_via=quote)}"


def all_scopes(flow: ConsentFlow) -> tuple[str, ...]:
    """Return every scope any action needs, each once, in the order of the table."""
    return tuple(dict.fromkeys(scope for scopes in flow.scopes.values() for scope in scopes))


def missing_scopes(
    scopes: Mapping[str, tuple[str, ...]], action: str, granted: Sequence[str] | None
) -> tuple[str, ...]:
    """Return what an action needs and was not granted; nothing where all was that was asked for."""
    if granted is None:
        return ()
    needed = dict.fromkeys((*scopes.get(ALL_ACTIONS, ()), *scopes.get(action, ())))
    return tuple(scope for scope in needed if scope not in granted)


def challenge_of(verifier: str) -> str:
    """Return what proves later that whoever brings the verifier is who asked."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def exchange_code(client: DirectClient, tokens: RefreshFlow, flow: ConsentFlow, *, code: str, verifier: str) -> Tokens:
    """Return the tokens for a code, which is good for one try; raises as `refresh` does."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": flow.redirect_uri}
    if flow.pkce:
        form["code_verifier"] = verifier
    given = ask_for_tokens(client, tokens, form, old_refresh="")
    if not given.refresh:
        message = "The marketplace gave an access token that cannot be renewed."
        raise APIConnectionError(message)
    return given


def identify(
    client: DirectClient,
    flow: ConsentFlow,
    access: str,
    *,
    base_url: str,
    headers: Mapping[str, str],
    heard: Callable[[Request, Reply, float], None] = lambda *_: None,
) -> Identity:
    """Return whose access token this is; `heard` is told of the call, its reply, and how many seconds it took.

    Raise APIError where the marketplace does not answer, ConsentRefused where it names nobody who sells there.
    """
    request, began_s = Request("GET", flow.identity_path), monotonic()
    reply = client.exchange(base_url, request, headers=headers, deadline_s=IDENTITY_DEADLINE_S)
    heard(request, reply, monotonic() - began_s)
    if reply.status != OK:
        message = f"The marketplace did not say whose account it is (HTTP {reply.status})."
        raise APIConnectionError(message)
    found = flow.identity_in(access, reply)
    if found is None:
        message = "The marketplace names nobody who sells there. Please open a shop there, then begin again."
        raise ConsentRefused(message, ConsentEnd.NO_SELLER)
    return found

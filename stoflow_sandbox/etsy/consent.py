"""How a seller consents at the simulated Etsy: the page, and the code its token endpoint takes with its verifier."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from stoflow_sandbox.application import Application
from stoflow_sandbox.calls import Answer, Effect, ReceivedCall
from stoflow_sandbox.clock import Clock
from stoflow_sandbox.consent import ConsentDesk, redirect, refused_page
from stoflow_sandbox.etsy.errors import described
from stoflow_sandbox.sellers import Seller

PAGE = "/oauth/connect"
TOKENS = "/v3/public/oauth/token"
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
SCOPES = frozenset(
    """
    address_r address_w email_r listings_d listings_r listings_w profile_r profile_w shops_r shops_w transactions_r
    transactions_w
    """.split()
)


def desk(clock: Clock) -> ConsentDesk:
    return ConsentDesk("The simulated Etsy", clock=clock)


def show_page(call: ReceivedCall, desk: ConsentDesk, application: Application) -> Answer:
    """The page of consent; a challenge is required."""
    query = call.query
    address = query.get("redirect_uri", "")
    if query.get("client_id") != application.client_id or not address.startswith(("https://", "http://")):
        return refused_page("The client_id is not known, or the redirect_uri is no address.")
    if query.get("response_type") != "code":
        return redirect(address, query, error="unsupported_response_type")
    if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
        return redirect(address, query, error="invalid_request", error_description="A S256 challenge is required.")
    scopes = set(query.get("scope", "").split())
    if not scopes or not scopes <= SCOPES:
        return redirect(address, query, error="invalid_scope")
    return desk.answer(call, address)


def exchange(form: Mapping[str, Any], desk: ConsentDesk, grant: Callable[[Seller], Mapping[str, Any]]) -> Answer:
    """The tokens for a code; the application has named itself."""
    granted = desk.redeem(str(form.get("code", "")), str(form.get("redirect_uri", "")))
    if granted is None:
        raise described(400, "invalid_grant", "code is invalid, expired, or was given for another redirect_uri")
    verifier = str(form.get("code_verifier", ""))
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not VERIFIER.fullmatch(verifier) or challenge != granted.challenge:
        raise described(400, "invalid_grant", "code_verifier does not fit the code_challenge")
    body = {**grant(granted.seller), "token_type": "Bearer", **granted.named}
    return Answer(200, body, effect=Effect(seller=granted.seller, state="granted"))

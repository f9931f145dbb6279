"""How a seller consents at the simulated eBay: the page, and the code its token endpoint takes."""

from collections.abc import Callable, Mapping
from typing import Any

from stoflow_sandbox.application import Application
from stoflow_sandbox.calls import Answer, Effect, ReceivedCall
from stoflow_sandbox.clock import Clock
from stoflow_sandbox.consent import CODE_LIFE_S, ConsentDesk, redirect, refused_page
from stoflow_sandbox.sellers import Seller

PAGE = "/oauth2/authorize"
TOKENS = "/identity/v1/oauth2/token"
RU_NAME = "StoFlow-StoFlow-sandbox"  # what eBay calls the address that its consents come back to
SCOPE = "https://api.ebay.com/oauth/api_scope"
REFRESH_LIFE_S = 47_304_000
INVALID_CODE = "the provided authorization grant code is invalid or was issued to another client"


def desk(clock: Clock) -> ConsentDesk:
    return ConsentDesk("The simulated eBay", code_prefix="v^1.1#i^1#f^0#r^1#p^3#I^3#t^", clock=clock)


def show_page(call: ReceivedCall, desk: ConsentDesk, application: Application) -> Answer:
    """The page of consent; `redirect_uri` is the RuName, behind which eBay keeps the address."""
    query, address = call.query, application.callback("ebay")
    if query.get("client_id") != application.client_id or query.get("redirect_uri") != RU_NAME:
        return refused_page("The client_id or the RuName is not known.")
    if query.get("response_type") != "code":
        return redirect(address, query, error="unsupported_response_type")
    scopes = query.get("scope", "").split()
    if not scopes or not all(scope.startswith(SCOPE) for scope in scopes):
        return redirect(address, query, error="invalid_scope")
    return desk.answer(call, address, {"expires_in": str(CODE_LIFE_S)})


def exchange(call: ReceivedCall, desk: ConsentDesk, grant: Callable[[Seller], Mapping[str, Any]]) -> Answer:
    """The tokens for a code; the application has shown who it is."""
    granted = desk.redeem(call.form.get("code", ""), call.form.get("redirect_uri", ""))
    if granted is None:
        return Answer(400, {"error": "invalid_grant", "error_description": INVALID_CODE})
    more = {"refresh_token_expires_in": REFRESH_LIFE_S, "token_type": "User Access Token"}
    return Answer(
        200, {**grant(granted.seller), **more, **granted.named}, effect=Effect(seller=granted.seller, state="granted")
    )

"""A seller's connections over HTTP; no token of a marketplace ever leaves by them."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

from stoflow.domain.consent import ConsentEnd
from stoflow.domain.errors import StoflowError
from stoflow.http.auth.tenancy import PUBLIC_TENANT
from stoflow.http.context import Context
from stoflow.http.pages.consent import HEADERS, ConsentPage, wants_page
from stoflow.http.resources.connection_bodies import (
    AuthorizationBody,
    BegunQuery,
    ChosenBody,
    ConnectionBody,
    EnteredBody,
    ReturnedQuery,
)
from stoflow.http.resources.jobs import marketplace_in
from stoflow.http.rest.endpoint import Answer, Asked, Operation, PageAnswer
from stoflow.http.rest.problems import problem_of
from stoflow.resources.connections import choosing, connection, consent, entering
from stoflow.resources.connections.connection import Connection
from stoflow.resources.connections.consent import Invitation, Returned, end_of
from stoflow.resources.connections.returning import return_address

COOKIE_PREFIX = "stoflow_consent_"
COOKIE_LIFE_S = 600  # as long as the consent is waited for


def read_connection(context: Context, asked: Asked) -> ConnectionBody:
    return _connection_after(connection.find_connection, context, asked)


def enter_credentials(context: Context, asked: Asked) -> ConnectionBody:
    return _connection_after(entering.enter, context, asked, asked.body.credentials)


def disconnect(context: Context, asked: Asked) -> ConnectionBody:
    return _connection_after(connection.disconnect, context, asked)


def change_connection(context: Context, asked: Asked) -> ConnectionBody:
    return _connection_after(choosing.choose, context, asked, asked.body.settings)


def refresh_connection(context: Context, asked: Asked) -> ConnectionBody:
    return _connection_after(choosing.read_account, context, asked)


def _connection_after(use: Callable[..., Connection], context: Context, asked: Asked, *given: Any) -> ConnectionBody:
    """Return how the seller is connected to the path's marketplace once the use case is done."""
    return ConnectionBody.of(use(context.accounts, asked.tenant, marketplace_in(context, asked), *given))


def authorize(context: Context, asked: Asked) -> Answer:
    marketplace = marketplace_in(context, asked)
    invitation = consent.invite(context.accounts, asked.tenant, marketplace, asked.query.return_to)
    cookie = _cookie(invitation, is_secure=asked.is_secure)
    return Answer(AuthorizationBody.of(invitation), {"Set-Cookie": cookie})


def take_consent(context: Context, asked: Asked) -> ConnectionBody | PageAnswer:
    """A browser, which asks for `text/html`, is shown a page in its language, with the way back to the platform."""
    if not wants_page(asked.headers.get("Accept", "")):
        return ConnectionBody.of(_completed(context, asked))
    try:
        connection = _completed(context, asked)
    except StoflowError as error:
        return _page(context, asked, end_of(error), status=problem_of(error).status)
    return _page(context, asked, ConsentEnd.CONNECTED, account=connection.external_id)


def _completed(context: Context, asked: Asked) -> Connection:
    query: ReturnedQuery = asked.query
    browser = asked.cookies.get(_cookie_name(query.state), "")
    returned = Returned(query.state, query.code, query.error, query.error_description, browser)
    visitor = None if asked.tenant == PUBLIC_TENANT else asked.tenant
    return consent.complete(context.accounts, marketplace_in(context, asked), returned, visitor)


def _page(context: Context, asked: Asked, end: ConsentEnd, *, account: str = "", status: int = 200) -> PageAnswer:
    marketplace, query = asked.path["marketplace"], asked.query
    is_here = end is not ConsentEnd.UNAVAILABLE  # without the database nobody knows what was stored
    back = return_address(context.accounts, marketplace, query.state, end) if is_here else None
    page = ConsentPage(end, marketplace, account, back)
    return PageAnswer(page.html(asked.headers.get("Accept-Language", "")), status, HEADERS)


def _cookie(invitation: Invitation, *, is_secure: bool) -> str:
    """Return what ties the consent to this browser: the marketplace's redirect brings it, another's link cannot."""
    kept = f"{_cookie_name(invitation.state)}={invitation.browser}"
    bounds = f"Path=/; Max-Age={COOKIE_LIFE_S}; HttpOnly; SameSite=Lax"
    return f"{kept}; {bounds}; Secure" if is_secure else f"{kept}; {bounds}"


def _cookie_name(state: str) -> str:
    """Each consent has its own, so that two may be under way in one browser."""
    return COOKIE_PREFIX + sha256(state.encode()).hexdigest()[:16]


OPERATIONS: Final = (
    Operation(
        "GET", "/api/{marketplace}/connection", "readConnection", "Read how the seller is connected to a marketplace.",
        read_connection, ConnectionBody, problems=(404, 422),
    ),
    Operation(
        "PUT", "/api/{marketplace}/connection", "enterCredentials",
        "Connect by credentials that the marketplace gave the seller, or enter them anew: the marketplace is asked "
        "whose they are before anything is kept, and jobs that waited go on.",
        enter_credentials, ConnectionBody, body=EnteredBody, problems=(400, 402, 404, 408, 409, 413, 415, 422, 502),
        asks_marketplace=True,
    ),
    Operation(
        "DELETE", "/api/{marketplace}/connection", "deleteConnection",
        "Disconnect: the tokens are forgotten, and jobs there wait until the seller consents again.",
        disconnect, ConnectionBody, problems=(404, 409, 422),
    ),
    Operation(
        "PATCH", "/api/{marketplace}/connection", "changeConnection",
        "Choose what the account sells with: values out of `choices`, and the seller's own declarations. A choice that "
        "the change leaves without alternative is made, one that it makes impossible is left open.",
        change_connection, ConnectionBody, body=ChosenBody, problems=(400, 404, 408, 409, 413, 415, 422),
    ),
    Operation(
        "POST", "/api/{marketplace}/connection/refresh", "refreshConnection",
        "Ask the marketplace again what the account has to choose from; what is chosen and still there stays. Where "
        "jobs wait for the seller it is tried at once whether they still must.",
        refresh_connection, ConnectionBody, problems=(400, 404, 408, 409, 413, 415, 422, 502),
        asks_marketplace=True,
    ),
    Operation(
        "GET", "/api/{marketplace}/oauth/authorize", "authorize",
        "Begin a consent: send the seller's browser to the `url`. It is JSON and no redirect, since a browser that "
        "follows a link brings no access token. A cookie ties it to the browser that asks here.",
        authorize, AuthorizationBody, query=BegunQuery, problems=(402, 404, 409, 422),
    ),
    Operation(
        "GET", "/api/{marketplace}/oauth/callback", "takeConsent",
        "End a consent: what the marketplace sends the seller's browser back with. The state says whose it is. Only "
        "the browser that began it may bring it (its cookie), or a page that passes it on with that seller's access "
        "token, so that nobody is connected by another's link. A 502 says whether to open the same address again.",
        take_consent, ConnectionBody, query=ReturnedQuery, problems=(400, 401, 402, 403, 404, 409, 422, 502),
        public=True,
        pages=True,
        asks_marketplace=True,
    ),
)  # fmt: skip

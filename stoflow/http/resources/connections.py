"""A seller's connections over HTTP; no token of a marketplace ever leaves by them."""

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any, Final, Self

from pydantic import ConfigDict, Field

from stoflow.domain.outcome import Lock
from stoflow.http.auth.tenancy import PUBLIC_TENANT
from stoflow.http.context import Context
from stoflow.http.resources.jobs import marketplace_in
from stoflow.http.rest.answers import Answered, Moment
from stoflow.http.rest.endpoint import Answer, Asked, Operation
from stoflow.http.rest.schemas import Given
from stoflow.resources.connections import choosing, connection, consent, entering
from stoflow.resources.connections.connection import Connection, ConnectionState, Option
from stoflow.resources.connections.consent import Invitation, Returned


class ReturnedQuery(Given):
    """What a marketplace sends a seller back with; it may add to it."""

    model_config = ConfigDict(extra="ignore")

    state: Annotated[str, Field(description="As it was in the address the seller was sent to.")] = ""
    code: Annotated[str, Field(description="Decoded once, as any query.")] = ""
    error: Annotated[str, Field(examples=["access_denied"])] = ""
    error_description: str = ""


class ChosenBody(Given):
    """What the seller chooses for the account, by name; null leaves a setting open. What is not named stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"settings": {"return_policy_id": "1000012"}}]})

    settings: dict[str, Any]


class EnteredBody(Given):
    """What the marketplace gave the seller to connect with, by the names in `credentials` of the connection."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"credentials": {"key": "as the marketplace shows it"}}]})

    credentials: Annotated[dict[str, str], Field(repr=False)]


COOKIE_PREFIX = "stoflow_consent_"


COOKIE_LIFE_S = 600  # as long as the consent is waited for


class ChoiceBody(Answered):
    """A value, and what the seller knows it by; `only_with` are other settings it is only to be had with."""

    value: str
    title: str
    only_with: dict[str, str]


class OptionBody(Answered):
    """Whether nothing can be published without it, and its values; of one without values any that fits may be set."""

    required: bool
    values: list[ChoiceBody]

    @classmethod
    def of(cls, option: Option) -> Self:
        return cls.with_fields(option, values=option.choices)


class ImpossibleBody(Answered):
    """An action that the seller did not allow at the marketplace, and the scopes that are missing for it."""

    action: str
    scopes: list[str]


class CredentialBody(Answered):
    """One thing to enter; `wants` says what it is, and where the seller finds it. What was entered is never shown."""

    name: str
    wants: str


class LockBody(Answered):
    """Until when the marketplace keeps the account locked, where the seller unlocks it: null where it does not say."""

    until: Moment | None
    address: str | None

    @classmethod
    def of(cls, lock: Lock) -> Self:
        return cls(until=lock.until, address=lock.address or None)


class ConnectionBody(Answered):
    """`reason` says why it is not connected; `expires_at` is the end of the seller's consent, where it is known.

    `settings` are what is set of the account, `choices` all that may be, by name; `read_at` is when the marketplace
    told them last, null where it never did. `impossible` are the actions that the seller did not allow: to connect
    again and allow them makes them possible. `credentials` are what is entered to connect; by consent there are none.
    `lock` is of an account that the marketplace has locked, null of any other: to connect again does not unlock it.
    """

    marketplace: str
    connected: bool
    state: ConnectionState
    reason: str | None
    external_id: str | None
    expires_at: Moment | None
    settings: dict[str, Any]
    choices: dict[str, OptionBody]
    credentials: list[CredentialBody]
    read_at: Moment | None
    impossible: list[ImpossibleBody]
    lock: LockBody | None

    @classmethod
    def of(cls, connection: Connection) -> Self:
        return cls.with_fields(
            connection,
            connected=connection.state is ConnectionState.CONNECTED,
            reason=connection.reason or None,
            external_id=connection.external_id or None,
            choices={option.setting: OptionBody.of(option) for option in connection.options},
            lock=LockBody.of(connection.lock) if connection.lock else None,
        )


class AuthorizationBody(Answered):
    """The page on which the seller consents, and until when an answer from it is taken."""

    url: str
    expires_at: Moment


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
    invitation = consent.invite(context.accounts, asked.tenant, marketplace_in(context, asked))
    cookie = _cookie(invitation, is_secure=asked.is_secure)
    return Answer(AuthorizationBody.of(invitation), {"Set-Cookie": cookie})


def take_consent(context: Context, asked: Asked) -> ConnectionBody:
    query: ReturnedQuery = asked.query
    browser = asked.cookies.get(_cookie_name(query.state), "")
    returned = Returned(query.state, query.code, query.error, query.error_description, browser)
    visitor = None if asked.tenant == PUBLIC_TENANT else asked.tenant
    return ConnectionBody.of(consent.complete(context.accounts, marketplace_in(context, asked), returned, visitor))


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
        enter_credentials, ConnectionBody, body=EnteredBody, problems=(400, 404, 408, 409, 413, 415, 422, 502),
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
    ),
    Operation(
        "GET", "/api/{marketplace}/oauth/authorize", "authorize",
        "Begin a consent: send the seller's browser to the `url`. It is JSON and no redirect, since a browser that "
        "follows a link brings no access token. A cookie ties it to the browser that asks here.",
        authorize, AuthorizationBody, problems=(404, 409, 422),
    ),
    Operation(
        "GET", "/api/{marketplace}/oauth/callback", "takeConsent",
        "End a consent: what the marketplace sends the seller's browser back with. The state says whose it is. Only "
        "the browser that began it may bring it (its cookie), or a page that passes it on with that seller's access "
        "token, so that nobody is connected by another's link. A 502 says whether to open the same address again.",
        take_consent, ConnectionBody, query=ReturnedQuery, problems=(400, 401, 403, 404, 409, 422, 502), public=True,
    ),
)  # fmt: skip

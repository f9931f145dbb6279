"""A seller's connections over HTTP; no token of a marketplace ever leaves by them."""

from hashlib import sha256
from typing import Any, Self

from stoflow.domain.choices import Choice
from stoflow.http.auth.tenancy import PUBLIC_TENANT
from stoflow.http.doors import Doors
from stoflow.http.resources.answers import Answered, Moment
from stoflow.http.resources.job_routes import marketplace_in
from stoflow.http.resources.schemas import ChosenBody, ReturnedQuery
from stoflow.http.rest.endpoint import Asked, CookieAnswer
from stoflow.resources.connections.connection import Connection, ConnectionState, Option
from stoflow.resources.connections.consent import Invitation, Returned

COOKIE_PREFIX = "stoflow_consent_"
COOKIE_LIFE_S = 600  # as long as the consent is waited for


class ChoiceBody(Answered):
    """A value, and what the seller knows it by; `only_with` are other settings it is only to be had with."""

    value: str
    title: str
    only_with: dict[str, str]

    @classmethod
    def of(cls, choice: Choice) -> Self:
        return cls(value=choice.value, title=choice.title, only_with=dict(choice.only_with))


class OptionBody(Answered):
    """Whether nothing can be published without it, and its values; of one without values any that fits may be set."""

    required: bool
    values: list[ChoiceBody]

    @classmethod
    def of(cls, option: Option) -> Self:
        return cls(required=option.required, values=[ChoiceBody.of(choice) for choice in option.choices])


class ImpossibleBody(Answered):
    """An action that the seller did not allow at the marketplace, and the scopes that are missing for it."""

    action: str
    scopes: list[str]


class ConnectionBody(Answered):
    """`reason` says why it is not connected; `expires_at` is the end of the seller's consent, where it is known.

    `settings` are what is set of the account, `choices` all that may be, by name; `read_at` is when the marketplace
    told them last, null where it never did. `impossible` are the actions that the seller did not allow: to connect
    again and allow them makes them possible.
    """

    marketplace: str
    connected: bool
    state: ConnectionState
    reason: str | None
    external_id: str | None
    expires_at: Moment | None
    settings: dict[str, Any]
    choices: dict[str, OptionBody]
    read_at: Moment | None
    impossible: list[ImpossibleBody]

    @classmethod
    def of(cls, connection: Connection) -> Self:
        return cls(
            marketplace=connection.marketplace,
            connected=connection.state is ConnectionState.CONNECTED,
            state=connection.state,
            reason=connection.reason or None,
            external_id=connection.external_id or None,
            expires_at=connection.expires_at,
            settings=dict(connection.settings),
            choices={option.setting: OptionBody.of(option) for option in connection.options},
            read_at=connection.read_at,
            impossible=[ImpossibleBody(action=each.action, scopes=list(each.scopes)) for each in connection.impossible],
        )


class AuthorizationBody(Answered):
    """The page on which the seller consents, and until when an answer from it is taken."""

    url: str
    expires_at: Moment

    @classmethod
    def of(cls, invitation: Invitation) -> Self:
        return cls(url=invitation.url, expires_at=invitation.expires_at)


def read_connection(doors: Doors, asked: Asked) -> ConnectionBody:
    return ConnectionBody.of(doors.connections.find(asked.tenant, marketplace_in(doors, asked)))


def disconnect(doors: Doors, asked: Asked) -> ConnectionBody:
    return ConnectionBody.of(doors.connections.disconnect(asked.tenant, marketplace_in(doors, asked)))


def change_connection(doors: Doors, asked: Asked) -> ConnectionBody:
    body: ChosenBody = asked.body
    return ConnectionBody.of(doors.connections.choose(asked.tenant, marketplace_in(doors, asked), body.settings))


def refresh_connection(doors: Doors, asked: Asked) -> ConnectionBody:
    return ConnectionBody.of(doors.connections.read(asked.tenant, marketplace_in(doors, asked)))


def authorize(doors: Doors, asked: Asked) -> CookieAnswer:
    invitation = doors.connections.invite(asked.tenant, marketplace_in(doors, asked))
    return CookieAnswer(AuthorizationBody.of(invitation), _cookie(invitation, is_secure=asked.is_secure))


def take_consent(doors: Doors, asked: Asked) -> ConnectionBody:
    query: ReturnedQuery = asked.query
    browser = asked.cookies.get(_cookie_name(query.state), "")
    returned = Returned(query.state, query.code, query.error, query.error_description, browser)
    visitor = None if asked.tenant == PUBLIC_TENANT else asked.tenant
    return ConnectionBody.of(doors.connections.complete(marketplace_in(doors, asked), returned, visitor))


def _cookie(invitation: Invitation, *, is_secure: bool) -> str:
    """Return what ties the consent to this browser: the marketplace's redirect brings it, another's link cannot."""
    kept = f"{_cookie_name(invitation.state)}={invitation.browser}"
    bounds = f"Path=/; Max-Age={COOKIE_LIFE_S}; HttpOnly; SameSite=Lax"
    return f"{kept}; {bounds}; Secure" if is_secure else f"{kept}; {bounds}"


def _cookie_name(state: str) -> str:
    """Each consent has its own, so that two may be under way in one browser."""
    return COOKIE_PREFIX + sha256(state.encode()).hexdigest()[:16]

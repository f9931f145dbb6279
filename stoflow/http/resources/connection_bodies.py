"""What is sent and told of a seller's connections."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field

from stoflow.domain.outcome import Lock
from stoflow.http.rest.answers import Answered, Moment
from stoflow.http.rest.schemas import STORABLE_TEXTS, Given
from stoflow.resources.connections.connection import Connection, ConnectionState, Option


class BegunQuery(Given):
    """What there is to say of a consent when it begins."""

    return_to: (
        Annotated[
            str, Field(max_length=2000, description="Where the seller goes back to at the end, if it is allowed there.")
        ]
        | None
    ) = None


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

    credentials: Annotated[dict[str, str], Field(repr=False, json_schema_extra=STORABLE_TEXTS)]


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

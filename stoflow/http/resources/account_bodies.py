"""What is asked of accounts over HTTP, and what is answered of them."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field

from stoflow.domain.role import Role
from stoflow.http.rest.answers import Answered, Moment
from stoflow.http.rest.schemas import ONE_LINE_PATTERN, Given, Word, one_line
from stoflow.resources.accounts.overview import Overview

Email = Annotated[
    str,
    Field(min_length=3, max_length=255, examples=["anna@example.com"], json_schema_extra=ONE_LINE_PATTERN),
    AfterValidator(one_line),
]
Password = Annotated[str, Field(min_length=1, max_length=128, repr=False)]
NewPassword = Annotated[
    str,
    Field(min_length=12, max_length=128, repr=False, description="From 12 characters, of any kind; kept as Argon2id."),
]
SomeToken = Annotated[str, Field(min_length=1, max_length=200, repr=False, pattern=r"^[A-Za-z0-9_-]+$")]


class NewAccount(Given):
    """A seller who is new."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "me@example.com", "password": "a long password of mine"}]}
    )

    email: Email
    password: NewPassword
    full_name: Word | None = None


class LoginBody(Given):
    """Who somebody says they are."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "me@example.com", "password": "a long password of mine"}]}
    )

    email: Email
    password: Password


class RefreshBody(Given):
    """A refresh token, good for one use."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"refresh_token": "sfr_as-it-was-given-with-the-last-answer"}]}
    )

    refresh_token: SomeToken


class PasswordBody(Given):
    """The password that holds, and the one that is to."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"current_password": "a long password of mine", "new_password": "another long password"}]
        }
    )

    current_password: Password
    new_password: NewPassword


class TokensBody(Answered):
    """An access token for the API and the sockets, and the refresh token that brings the next pair, once."""

    tenant: int
    access_token: str = Field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - how it is sent, as RFC 6750 calls it
    expires_in: Annotated[int, Field(description="Seconds until the access token ends.")]
    refresh_token: str = Field(repr=False)
    refresh_expires_at: Moment


class AddressBody(Given):
    """The address of an account, or of none."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "me@example.com"}]})

    email: Email


class MailTokenBody(Given):
    """What a mail brought."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"token": "as-the-mail-has-it"}]})

    token: SomeToken


class ResetBody(MailTokenBody):
    """… and the password that is to hold."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": "as-the-mail-has-it", "new_password": "another long password"}]}
    )

    new_password: NewPassword


class MailAsked(Answered):
    """The same, whether or not anybody has that address."""

    status: Literal["sent_if_known"]


class Verified(Answered):
    status: Literal["verified"]


class PasswordChanged(Answered):
    """Every sign-in is over: sign in with the new password."""

    status: Literal["changed"]


class LeavingBody(Given):
    """That it is meant: the password, and what is to become of what is for sale."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"password": "a long password of mine", "listings": "end"}]}
    )

    password: Password
    listings: Annotated[Literal["end", "leave"], Field(description="`leave` where it is not given.")] = "leave"


class LeavingAnswer(Answered):
    """The deletion goes on by itself."""

    step: str = Field(description="How far it is: ending, closing, dropping, forgetting, photos, last.")


class QuotaBody(Answered):
    """How much there may be of something, null where that has no limit; `free_at` is when the count begins again."""

    name: str = Field(examples=["products", "marketplaces", "jobs_per_day"])
    limit: int | None
    used: int
    left: int | None
    free_at: Moment | None


class AccountBody(Answered):
    """Who is signed in, what they may have, and what of it is left."""

    tenant: int
    email: str
    full_name: str | None
    roles: list[Role]
    status: Literal["active", "suspended"]
    created_at: Moment
    quotas: list[QuotaBody]
    connected_marketplaces: int = Field(description="Where jobs can run now, also through the seller's plugin.")
    ai_credits: int = Field(description="How many texts more can be written by the operator's model.")

    @classmethod
    def of(cls, account: Overview) -> Self:
        return cls.with_fields(
            account,
            tenant=account.id,
            roles=[role for role in Role if account.role.covers(role)],
            status="active" if account.is_active else "suspended",
            quotas=[QuotaBody.of(quota) for quota in account.quotas],
        )


class LoggedOut(Answered):
    status: Literal["logged_out"]


class KeyBody(Answered):
    """The public half of an RSA key (RFC 7517)."""

    kty: Literal["RSA"]
    use: Literal["sig"]
    alg: Literal["RS256"]
    kid: str
    n: str
    e: str


class KeysBody(Answered):
    """The keys that access tokens are checked by, the newest first."""

    keys: list[KeyBody]

"""Accounts over HTTP: sellers come in, stay, and leave; and the keys by which others know whom we let in."""

from typing import Final

from stoflow.domain.mail import MailKind
from stoflow.http.auth.tokens import LIFETIME_S
from stoflow.http.context import Context
from stoflow.http.resources.account_bodies import (
    AccountBody,
    AddressBody,
    KeyBody,
    KeysBody,
    LeavingAnswer,
    LeavingBody,
    LoggedOut,
    LoginBody,
    MailAsked,
    MailTokenBody,
    NewAccount,
    PasswordBody,
    PasswordChanged,
    RefreshBody,
    ResetBody,
    TokensBody,
    Verified,
)
from stoflow.http.rest.endpoint import Answer, Asked, Operation
from stoflow.http.rest.problems import NotAllowed
from stoflow.resources.accounts import mailing, overview, password, register, sign_in
from stoflow.resources.accounts.sign_in import Credentials
from stoflow.resources.tenants import deleting
from stoflow.storage.credentials.token_families import RefreshToken

KEYS_KEPT: Final = {"Cache-Control": "public, max-age=300"}
BAD_BODY: Final = (400, 408, 413, 415, 422)


def register_account(context: Context, asked: Asked) -> TokensBody:
    if not context.registers:
        raise NotAllowed("Nobody can register here: the operator makes the accounts.")
    return _tokens(context, register.register(context, _credentials(asked), asked.body.full_name))


def log_in(context: Context, asked: Asked) -> TokensBody:
    return _tokens(context, sign_in.sign_in(context, _credentials(asked)))


def refresh_tokens(context: Context, asked: Asked) -> TokensBody:
    return _tokens(context, sign_in.refresh(context, asked.body.refresh_token))


def log_out(context: Context, asked: Asked) -> LoggedOut:
    sign_in.sign_out(context, asked.body.refresh_token)
    return LoggedOut(status="logged_out")


def change_password(context: Context, asked: Asked) -> TokensBody:
    body: PasswordBody = asked.body
    given = body.current_password, body.new_password, asked.address
    return _tokens(context, password.change_password(context, asked.tenant, *given))


def resend_verification(context: Context, asked: Asked) -> MailAsked:
    return _mail(context, asked, MailKind.VERIFY)


def verify_email(context: Context, asked: Asked) -> Verified:
    mailing.verify(context, asked.body.token)
    return Verified(status="verified")


def forget_password(context: Context, asked: Asked) -> MailAsked:
    return _mail(context, asked, MailKind.RESET)


def reset_password(context: Context, asked: Asked) -> PasswordChanged:
    mailing.reset_password(context, asked.body.token, asked.body.new_password)
    return PasswordChanged(status="changed")


def read_account(context: Context, asked: Asked) -> AccountBody:
    return AccountBody.of(overview.read_overview(context, asked.tenant))


def leave(context: Context, asked: Asked) -> LeavingAnswer:
    body: LeavingBody = asked.body
    ends = body.listings == "end"
    step = deleting.delete_own_account(context, asked.tenant, body.password, asked.address, ends_listings=ends)
    return LeavingAnswer(step=step)


def read_keys(context: Context, _: Asked) -> Answer:
    published = context.tokens.public_keys()
    return Answer(KeysBody(keys=[KeyBody.model_validate(key) for key in published]), KEYS_KEPT)


def _mail(context: Context, asked: Asked, kind: MailKind) -> MailAsked:
    mailing.ask_for(context, kind, asked.body.email, asked.address)
    return MailAsked(status="sent_if_known")


def _credentials(asked: Asked) -> Credentials:
    body: NewAccount | LoginBody = asked.body
    return Credentials(body.email, body.password, asked.address)


def _tokens(context: Context, fresh: RefreshToken) -> TokensBody:
    return TokensBody(
        tenant=fresh.tenant,
        access_token=context.tokens.issue_access_token(fresh.tenant, fresh.family, fresh.role),
        expires_in=LIFETIME_S,
        refresh_token=fresh.text,
        refresh_expires_at=fresh.expires_at,
    )


OPERATIONS: Final = (
    Operation(
        "POST", "/auth/register", "register", "Make an account, where this StoFlow lets sellers do so themselves.",
        register_account, TokensBody, 201, body=NewAccount, problems=(403, 409, 429, *BAD_BODY), public=True,
    ),
    Operation(
        "POST", "/auth/login", "logIn", "Sign in by e-mail address and password.",
        log_in, TokensBody, body=LoginBody, problems=(401, 403, 429, *BAD_BODY), public=True,
    ),
    Operation(
        "POST", "/auth/refresh", "refreshTokens", "Exchange a refresh token for a new pair; one used twice ends all.",
        refresh_tokens, TokensBody, body=RefreshBody, problems=(401, *BAD_BODY), public=True,
    ),
    Operation(
        "POST", "/auth/logout", "logOut", "Sign out: no refresh token of this sign-in is good any more.",
        log_out, LoggedOut, body=RefreshBody, problems=BAD_BODY, public=True,
    ),
    Operation(
        "GET", "/api/account", "readAccount", "Read who is signed in, how much they may have, and how much is left.",
        read_account, AccountBody, problems=(404, 422),
    ),
    Operation(
        "POST", "/api/account/password", "changePassword", "Change the password and end every other sign-in.",
        change_password, TokensBody, body=PasswordBody, problems=(409, 429, *BAD_BODY),
    ),
    Operation(
        "POST", "/auth/verify", "verifyEmail", "Confirm an e-mail address by the token of a mail.",
        verify_email, Verified, body=MailTokenBody, problems=BAD_BODY, public=True,
    ),
    Operation(
        "POST", "/auth/verify/resend", "resendVerification", "Have the mail sent again that confirms an address.",
        resend_verification, MailAsked, 202, body=AddressBody, problems=(429, *BAD_BODY), public=True,
    ),
    Operation(
        "POST", "/auth/password/forgot", "forgetPassword", "Have a mail sent that brings a new password.",
        forget_password, MailAsked, 202, body=AddressBody, problems=(429, *BAD_BODY), public=True,
    ),
    Operation(
        "POST", "/auth/password/reset", "resetPassword", "Replace a forgotten password, and end every sign-in.",
        reset_password, PasswordChanged, body=ResetBody, problems=(429, *BAD_BODY), public=True,
    ),
    Operation(
        "POST", "/api/account/deletion", "leave", "Delete one's own account with all that is in it, for good.",
        leave, LeavingAnswer, 202, body=LeavingBody, problems=(404, 429, *BAD_BODY),
    ),
    Operation(
        "GET", "/.well-known/jwks.json", "readKeys", "Read the keys that access tokens are checked by.",
        read_keys, KeysBody, problems=(422,), public=True,
    ),
)  # fmt: skip

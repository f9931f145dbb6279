"""Connecting by credentials that a seller enters: checked, shown to the marketplace, and only then kept."""

from collections.abc import Mapping
from http import HTTPStatus
from time import monotonic

from stoflow.domain.call import Reply, Request
from stoflow.domain.errors import APIConnectionError, APIError, Conflict, InputError
from stoflow.domain.facts.accounts import SellerConnected
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import FieldError
from stoflow.monitoring.record import record
from stoflow.resources.connections.choosing import try_to_read_account
from stoflow.resources.connections.connection import Accounts, Connection, find_connection, way_in
from stoflow.transports.direct.consent import IDENTITY_DEADLINE_S, Identity
from stoflow.transports.direct.credentials import CredentialForm, credential_errors
from stoflow.transports.direct.grants import first_tokens, packed
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile
from stoflow.transports.direct.tokens import LONGEST_TOKEN, ConsentEnded, Tokens

QUOTED_CHARACTERS = 200
REFUSALS = frozenset(range(400, 500)) - {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


def enter(accounts: Accounts, tenant: TenantId, marketplace: str, given: Mapping[str, str]) -> Connection:
    """Connect the tenant, or connect it anew, as whom these credentials are of: what waited for the seller goes on.

    What was there before stays where they are not taken. Raise InputError naming each field that cannot be, or with
    the marketplace's words where it refuses them; Conflict where nothing is entered there or they are another
    account's, QuotaExceeded where it would be one too many; APIError where the marketplace does not answer.
    """
    find_connection(accounts, tenant, marketplace)  # what could not be kept is shown to nobody
    profile, form = _form_at(accounts, marketplace)
    if errors := credential_errors(form, given) or _too_long(given):
        raise InputError(f"These are not the credentials that {marketplace} gives.", errors)
    accounts.connections.refuse_more(tenant, marketplace)
    tokens = _tokens(accounts, profile, given)
    identity = _identity(accounts, tenant, profile, form, tokens)
    accounts.consents.enter(tenant, marketplace, identity, tokens)
    record(SellerConnected(tenant, marketplace))
    accounts.announced()
    try_to_read_account(accounts, tenant, marketplace)
    return find_connection(accounts, tenant, marketplace)


def _form_at(accounts: Accounts, marketplace: str) -> tuple[DirectProfile, CredentialForm]:
    profile = accounts.profiles.get(marketplace)
    if profile is None or profile.credentials is None:
        raise Conflict(f"Nothing is entered for {marketplace}: it is connected {way_in(accounts, marketplace)}.")
    return profile, profile.credentials


def _too_long(given: Mapping[str, str]) -> tuple[FieldError, ...]:
    is_short = len(packed(given)) <= LONGEST_TOKEN
    return () if is_short else (FieldError("credentials", f"are longer together than {LONGEST_TOKEN} characters"),)


def _tokens(accounts: Accounts, profile: DirectProfile, given: Mapping[str, str]) -> Tokens:
    grant = profile.grant
    if isinstance(grant, RefreshFlow):
        raise Conflict(f"{profile.name} renews by a refresh token, which only a consent brings.")
    try:
        return first_tokens(accounts.client, grant, given)
    except ConsentEnded as refused:
        raise _refused(profile.name, str(refused)) from None
    except APIError as error:
        raise _nothing_changed(error) from error


def _identity(
    accounts: Accounts, tenant: TenantId, profile: DirectProfile, form: CredentialForm, tokens: Tokens
) -> Identity:
    """Ask whose they are; a call that is refused is made once more, signed anew, as every call is."""
    reply = _asked(accounts, tenant, profile, form, tokens)
    if profile.refuses(reply):
        reply = _asked(accounts, tenant, profile, form, tokens)
    if profile.refuses(reply) or reply.status in REFUSALS:
        raise _refused(profile.name, form.reason_in(reply) or f"it answered {reply.status}")
    if reply.status != HTTPStatus.OK:
        said = f"{profile.name} did not say whose account it is (HTTP {reply.status})."
        raise _nothing_changed(APIConnectionError(said))
    found = form.identity_in(reply)
    if found is None:
        raise _refused(profile.name, "it names nobody who sells there")
    return found


def _asked(accounts: Accounts, tenant: TenantId, profile: DirectProfile, form: CredentialForm, tokens: Tokens) -> Reply:
    request, began_s = Request("GET", form.identity_path), monotonic()
    try:
        reply = accounts.client.exchange(
            profile.base_url_of(request.path),
            request,
            headers=profile.headers(tokens.access),
            deadline_s=IDENTITY_DEADLINE_S,
            sign=profile.signer(tokens.access),
        )
    except APIError as error:
        raise _nothing_changed(error) from error
    accounts.applications.hear(profile.name, tenant, request, reply, monotonic() - began_s)
    return reply


def _refused(marketplace: str, said: str) -> InputError:
    words = f"{marketplace} does not accept them: {said[:QUOTED_CHARACTERS]}"
    return InputError(f"{words.rstrip('.')}. Nothing was changed.", (FieldError("credentials", words),))


def _nothing_changed(error: APIError) -> APIError:
    return error.saying(f"{error} Nothing was changed: please enter them again in a moment.")

"""A seller's consent, from the page that asks for it to the connection it makes (RFC 6749, 4.1)."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from stoflow.domain.consent import ConsentEnd
from stoflow.domain.errors import (
    AccountTaken,
    APIError,
    Conflict,
    ConsentKept,
    ConsentRefused,
    NotFound,
    QuotaExceeded,
    StoflowError,
)
from stoflow.domain.facts.accounts import ConsentNotTaken, SellerConnected
from stoflow.domain.ids import TenantId
from stoflow.monitoring.record import record
from stoflow.resources.connections.choosing import try_to_read_account
from stoflow.resources.connections.connection import Accounts, Connection, find_connection, way_in
from stoflow.resources.connections.returning import check_return
from stoflow.storage.credentials.consents import UNKNOWN, Given, Taken, tenant_in
from stoflow.storage.database.tenants import are_active
from stoflow.transports.direct.consent import ConsentFlow, Identity, consent_url, exchange_code, identify
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile
from stoflow.transports.direct.tokens import ConsentEnded

VERIFIER_BYTES = 64  # 86 characters; RFC 7636 wants 43 to 128
ACCESS_DENIED = "access_denied"
ENDS = {  # the most exact class first
    AccountTaken: ConsentEnd.TAKEN,
    QuotaExceeded: ConsentEnd.FULL,
    Conflict: ConsentEnd.OTHER_ACCOUNT,
    NotFound: ConsentEnd.UNKNOWN,
    ConsentKept: ConsentEnd.KEPT,
    APIError: ConsentEnd.AWAY,
}


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where the seller consents, and until when; `browser` is to stay in the browser in which it is begun."""

    url: str = field(repr=False)
    expires_at: datetime
    browser: str = field(default="", repr=False)
    state: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Returned:
    """What the marketplace sends the seller back with: a code, or an error; `browser` is what stayed in the browser."""

    state: str = field(repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    error_description: str = ""
    browser: str = field(default="", repr=False)


def invite(accounts: Accounts, tenant: TenantId, marketplace: str, return_to: str | None = None) -> Invitation:
    """Return the page to open in the seller's browser; raise Conflict where nobody can consent there.

    `return_to` is where the seller goes back to at the end: raise Conflict for one that is not allowed.
    Raise QuotaExceeded where the seller may connect no more.
    """
    check_return(accounts.returns, return_to)
    _, flow, tokens = _consent_at(accounts, marketplace)
    if flow.unset:
        message = f"Nobody can connect {marketplace} yet: {', '.join(flow.unset)} must be set first."
        raise Conflict(message)
    accounts.connections.refuse_more(tenant, marketplace)
    verifier = secrets.token_urlsafe(VERIFIER_BYTES)
    asked = accounts.consents.begin(tenant, marketplace, verifier=verifier, return_to=return_to)
    url = consent_url(flow, tokens.client_id, state=asked.state, verifier=verifier)
    return Invitation(url, asked.expires_at, asked.browser, asked.state)


def complete(accounts: Accounts, marketplace: str, returned: Returned, visitor: TenantId | None) -> Connection:
    """Connect the tenant the state names; `visitor` is who brings it, None where they did not say.

    Nobody is connected by another's link: it must come back in the browser in which it was begun, or be handed over by
    a page on which that seller is signed in.

    Raise ConsentRefused for a state, a code or an answer that connects nobody, Conflict where the tenant is connected
    as another account, QuotaExceeded where it would be one too many, APIError where the marketplace does not answer:
    the same address may then be opened again.
    """
    try:
        return _completed(accounts, marketplace, returned, visitor)
    except ConsentRefused as refused:
        record(ConsentNotTaken(marketplace, str(refused)))
        raise


def _completed(accounts: Accounts, marketplace: str, returned: Returned, visitor: TenantId | None) -> Connection:
    tenant = _tenant(accounts, returned.state, visitor)
    browser = returned.browser if visitor is None else None
    taken = accounts.consents.take(tenant, marketplace, returned.state, browser=browser)
    profile, flow, tokens = _consent_at(accounts, marketplace)
    if returned.error or not returned.code:
        accounts.consents.end(tenant, returned.state)
        denied = returned.error == ACCESS_DENIED
        raise ConsentRefused(_withheld(marketplace, returned), ConsentEnd.DENIED if denied else ConsentEnd.ENDED)
    if isinstance(taken, Taken):
        taken = _exchanged(accounts, (tenant, marketplace), tokens, flow, returned, taken.verifier)
    try:
        identity = _identity(accounts, tenant, profile, flow, taken.access)
        accounts.consents.connect(tenant, marketplace, returned.state, identity)
    except (Conflict, ConsentRefused, QuotaExceeded):
        accounts.consents.end(tenant, returned.state)
        raise
    record(SellerConnected(tenant, marketplace))
    accounts.announced()
    try_to_read_account(accounts, tenant, marketplace)
    return find_connection(accounts, tenant, marketplace)


def end_of(error: StoflowError) -> ConsentEnd:
    """Return how the consent ended that `complete` gave this error for."""
    if isinstance(error, ConsentRefused):
        return error.end
    return next((end for kind, end in ENDS.items() if isinstance(error, kind)), ConsentEnd.UNAVAILABLE)


def _consent_at(accounts: Accounts, marketplace: str) -> tuple[DirectProfile, ConsentFlow, RefreshFlow]:
    profile = accounts.profiles.get(marketplace)
    if profile is None or profile.consent is None or not isinstance(profile.grant, RefreshFlow):
        message = f"{marketplace} asks for no consent here: it is connected {way_in(accounts, marketplace)}."
        raise Conflict(message)
    return profile, profile.consent, profile.grant


def _tenant(accounts: Accounts, state: str, visitor: TenantId | None) -> TenantId:
    tenant = tenant_in(state)
    if visitor not in (None, tenant):
        message = "This consent was asked for by somebody else. Please begin again."
        raise ConsentRefused(message, ConsentEnd.FOREIGN_SELLER)
    match are_active(accounts.database, [tenant]).get(tenant):
        case True:
            return tenant
        case False:
            message = "This account is suspended."
            raise ConsentRefused(message, ConsentEnd.SUSPENDED)
        case None:
            raise ConsentRefused(UNKNOWN)


def _withheld(marketplace: str, returned: Returned) -> str:
    match returned.error:
        case "":
            return f"{marketplace} sent no code. Please begin again."
        case error if error == ACCESS_DENIED:
            return f"You did not allow it at {marketplace}; nothing was connected."
        case error:
            return f"{marketplace} ended the consent: {(returned.error_description or error)[:200]}."


def _exchanged(
    accounts: Accounts,
    place: tuple[TenantId, str],
    grant: RefreshFlow,
    flow: ConsentFlow,
    returned: Returned,
    verifier: str,
) -> Given:
    """Exchange the code and store what it brings, before anything uses it."""
    tenant, marketplace = place
    try:
        with accounts.applications.asking_for_tokens(marketplace, tenant):
            tokens = exchange_code(accounts.client, grant, flow, code=returned.code, verifier=verifier)
    except ConsentEnded as refused:
        message = f"{marketplace} did not take the code: {refused}. Please begin again."
        raise ConsentRefused(message, ConsentEnd.ENDED) from None
    except APIError as error:
        raise error.saying(f"{error} Nothing was connected: please begin again.") from error
    accounts.consents.keep(tenant, marketplace, returned.state, tokens)
    return Given(tokens.access)


def _identity(accounts: Accounts, tenant: TenantId, profile: DirectProfile, flow: ConsentFlow, access: str) -> Identity:
    try:
        return identify(
            accounts.client,
            flow,
            access,
            base_url=profile.base_url_of(flow.identity_path),
            headers=profile.headers(access),
            heard=partial(accounts.applications.hear, profile.name, tenant),
        )
    except APIError as error:
        message = f"{error} Your consent is kept for a moment: please open the same address again."
        raise ConsentKept(message) from error

"""What a seller chooses for a whole account: read at the marketplace, set where it is unique, else by the seller."""

from functools import partial
from time import monotonic

from stoflow.domain.account import Account
from stoflow.domain.attempt import day_in_utc
from stoflow.domain.call import Reply, Request
from stoflow.domain.choices import Choices, Settings, chosen, settled
from stoflow.domain.errors import APIConnectionError, APIError, Conflict
from stoflow.domain.facts.accounts import AccountRead, AccountUnread
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import Broken, Done, Outcome, Pending, Refused, SellerMustAct, TryAgain, Unknown
from stoflow.marketplaces.contract import AccountOptions, Reading
from stoflow.monitoring.record import record
from stoflow.resources.connections.connection import Accounts, Connection, find_connection, settings_of

READ_DEADLINE_S = 25.0  # of all calls together: somebody waits for the answer in a browser


def read_account(accounts: Accounts, tenant: TenantId, marketplace: str) -> Connection:
    """Ask the marketplace what the account has to choose from, and set what leaves no choice.

    Where the seller was to connect again, its answer shows that this is not so: waiting jobs go on. Raise Conflict
    where the seller must connect first or again, APIError where the marketplace does not tell. Where there is nothing
    to choose the first of the jobs that wait finds out.
    """
    if marketplace not in accounts.options and accounts.connections.read_state(tenant, marketplace).lock:
        with accounts.connections.tried(tenant, marketplace, accounts.announced):
            return find_connection(accounts, tenant, marketplace)
    options = _options(accounts, marketplace)
    account = _account(accounts, tenant, marketplace)
    with accounts.connections.tried(tenant, marketplace, accounts.announced):
        choices = _asked(accounts, tenant, account, options.read(account))
    accounts.settings.learn(tenant, account, choices, partial(settled, options.settings, choices=choices))
    record(AccountRead(tenant, marketplace))
    return find_connection(accounts, tenant, marketplace)


def try_to_read_account(accounts: Accounts, tenant: TenantId, marketplace: str) -> None:
    """Read an account that was just connected; it stays connected where that fails, and can be read later."""
    if marketplace not in accounts.options:
        return
    try:
        read_account(accounts, tenant, marketplace)
    except (APIError, Conflict) as error:
        record(AccountUnread(tenant, marketplace, str(error)))


def choose(accounts: Accounts, tenant: TenantId, marketplace: str, given: Settings) -> Connection:
    """Set what the seller gives; null leaves a setting open. No marketplace is asked.

    Raise InputError naming each setting that cannot be, Conflict where there is nothing to set.
    """
    known = settings_of(accounts, marketplace)

    def change(settings: Settings, choices: Choices) -> Settings:
        return chosen(known, settings, choices, given, day_in_utc())

    accounts.settings.choose(tenant, marketplace, change)
    return find_connection(accounts, tenant, marketplace)


def _options(accounts: Accounts, marketplace: str) -> AccountOptions:
    if marketplace not in accounts.options:
        message = f"There is nothing to choose for an account on {marketplace}."
        raise Conflict(message)
    return accounts.options[marketplace]


def _account(accounts: Accounts, tenant: TenantId, marketplace: str) -> Account:
    stored = accounts.connections.read_state(tenant, marketplace)
    if not stored.has_tokens:
        message = f"You have not connected {marketplace}."
        raise Conflict(message)
    return Account(marketplace, stored.external_id or "", stored.settings)


def _asked(accounts: Accounts, tenant: TenantId, account: Account, reading: Reading) -> Choices:
    """Make the calls of a reading, no transaction being open meanwhile."""
    ends_at = monotonic() + READ_DEADLINE_S
    marketplace, transport = account.marketplace, accounts.transport

    def send(request: Request) -> Reply:
        left_s = ends_at - monotonic()
        make = partial(
            transport.send,
            request,
            tenant=tenant,
            marketplace=marketplace,
            account=account.external_id,
            deadline_s=left_s,
        )
        return accounts.applications.call(marketplace, tenant, request, make)

    try:
        request = next(reading)
        while True:
            request = reading.send(send(request))
    except StopIteration as end:
        found: Choices | Outcome = end.value
    return _told(found, account.marketplace)


def _told(found: Choices | Outcome, marketplace: str) -> Choices:
    match found:
        case SellerMustAct(reason):
            raise Conflict(reason)
        case Done():
            message = f"{marketplace} told nothing of the account."
            raise APIConnectionError(message)
        case TryAgain() | Refused() | Unknown() | Broken() | Pending():
            raise APIConnectionError(found.reason)
        case _:
            return found

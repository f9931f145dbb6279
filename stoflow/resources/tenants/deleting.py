"""A tenant is to be deleted: by their platform, an operator, or themselves."""

from stoflow.domain.audit import Actor, tenant_itself
from stoflow.domain.errors import InputError
from stoflow.domain.facts.sign_ins import SignInFailed, TenantDeletionAsked
from stoflow.domain.ids import TenantId
from stoflow.monitoring.record import record
from stoflow.resources.accounts.password import WRONG
from stoflow.resources.accounts.passwords import is_password
from stoflow.resources.accounts.tries import sign_in_tries, take
from stoflow.resources.needs import Reads
from stoflow.storage.credentials.passwords import find_of_tenant
from stoflow.storage.credentials.sign_in_tries import give_back
from stoflow.storage.tenants.deletions import Step, ask_deletion


def delete_tenant(needs: Reads, tenant: TenantId, by: Actor, *, ends_listings: bool) -> Step:
    """Have a tenant deleted, which goes on by itself; return how far it is. Raise NotFound."""
    step = ask_deletion(needs.database, tenant, Step.ENDING if ends_listings else Step.CLOSING, by)
    record(TenantDeletionAsked(tenant))
    return step


def delete_own_account(needs: Reads, tenant: TenantId, password: str, address: str, *, ends_listings: bool) -> Step:
    """The same for whoever knows the password; raise InputError where it is another, TooManyTries as a sign-in does."""
    stored = find_of_tenant(needs.database, tenant)
    tries = sign_in_tries(stored.email if stored else "", address)
    take(needs.database, tries)
    if not is_password(password, stored.hash if stored else None):
        record(SignInFailed())
        raise InputError("The account stays as it is.", WRONG)
    give_back(needs.database, tries)
    return delete_tenant(needs, tenant, tenant_itself(tenant), ends_listings=ends_listings)

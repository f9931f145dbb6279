"""A seller makes an account of their own: a tenant with a schema and a password, or nothing."""

from stoflow.domain.errors import Conflict
from stoflow.domain.facts.sign_ins import SellerRegistered
from stoflow.monitoring.record import record
from stoflow.resources.accounts.passwords import check_new_password, hash_password
from stoflow.resources.accounts.sign_in import Credentials
from stoflow.resources.accounts.tries import registration_tries, take
from stoflow.resources.needs import Reads
from stoflow.storage.credentials.token_families import RefreshToken, begin_family
from stoflow.storage.database.tenants import create_tenant


def register(needs: Reads, given: Credentials, full_name: str | None) -> RefreshToken:
    """Make the tenant and sign them in; raise InputError, Conflict where the address is taken, or TooManyTries."""
    check_new_password(given.password, given.known_as)
    take(needs.database, registration_tries(given.address))
    password_hash = hash_password(given.password)
    tenant = create_tenant(needs.database, given.email, full_name=full_name, password_hash=password_hash, verifies=True)
    record(SellerRegistered(tenant))
    fresh = begin_family(needs.database, tenant, password_hash)
    if fresh is None:
        raise Conflict("The account was made, and suspended at once.")
    return fresh

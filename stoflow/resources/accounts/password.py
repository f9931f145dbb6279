"""A seller changes their password: every sign-in but the one that this begins is over."""

from stoflow.domain.errors import Conflict, InputError
from stoflow.domain.facts.sign_ins import PasswordChanged, SignInFailed
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import FieldError
from stoflow.monitoring.record import record
from stoflow.resources.accounts.passwords import check_new_password, hash_password, is_password
from stoflow.resources.accounts.tries import sign_in_tries, take
from stoflow.resources.needs import Reads
from stoflow.storage.credentials.passwords import change, find_of_tenant
from stoflow.storage.credentials.sign_in_tries import give_back
from stoflow.storage.credentials.token_families import RefreshToken

WRONG = (FieldError("current_password", "is not your password"),)


def change_password(needs: Reads, tenant: TenantId, current: str, new: str, address: str) -> RefreshToken:
    """Return the first token of the one family that is left.

    Raise InputError where the current password is another, TooManyTries as a sign-in does, and Conflict.
    """
    stored = find_of_tenant(needs.database, tenant)
    email = stored.email if stored else ""
    check_new_password(new, email)
    tries = sign_in_tries(email, address)
    take(needs.database, tries)
    if not is_password(current, stored.hash if stored else None) or stored is None:
        record(SignInFailed())
        raise InputError("The password stays as it is.", WRONG)
    give_back(needs.database, tries)
    fresh = change(needs.database, stored, hash_password(new))
    if fresh is None:
        raise Conflict("The password was changed elsewhere meanwhile.")
    record(PasswordChanged(tenant))
    return fresh

"""Where a seller goes back to when a consent ended: an address of the platform's that the installation allows."""

from collections.abc import Sequence
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from stoflow.domain.consent import ConsentEnd
from stoflow.domain.errors import Conflict, ConsentRefused
from stoflow.domain.outcome import FieldError
from stoflow.resources.connections.connection import Accounts
from stoflow.storage.credentials.consents import tenant_in
from stoflow.storage.database.tenants import are_active

PORTS = {"http": 80, "https": 443}


def check_return(allowed: Sequence[str], address: str | None) -> None:
    """Raise Conflict for an address that lies under none of those that are allowed."""
    if address is not None and not is_allowed(allowed, address):
        told = "is not under one of the addresses that this installation allows (STOFLOW_RETURN_ADDRESSES)"
        raise Conflict("Sellers may not be sent back there.", (FieldError("return_to", told),))


def is_allowed(allowed: Sequence[str], address: str) -> bool:
    return any(_is_under(address, one) for one in allowed)


def return_address(accounts: Accounts, marketplace: str, state: str, end: ConsentEnd) -> str | None:
    """Return where to go on from the consent, saying how it ended; None where the installation names no address."""
    address = _stored(accounts, state) or next(iter(accounts.returns), None)
    if address is None:
        return None
    parts = urlsplit(address)
    told = [*parse_qsl(parts.query, keep_blank_values=True), ("marketplace", marketplace), ("outcome", end.value)]
    return parts._replace(query=urlencode(told)).geturl()


def _stored(accounts: Accounts, state: str) -> str | None:
    try:
        tenant = tenant_in(state)
    except ConsentRefused:
        return None
    is_known = tenant in are_active(accounts.database, [tenant])
    address = accounts.consents.return_of(tenant, state) if is_known else None
    return address if address and is_allowed(accounts.returns, address) else None


def _is_under(address: str, allowed: str) -> bool:
    """Say whether it is the same place, and its path the same or below; what readers take differently is not."""
    try:
        given, known = urlsplit(address), urlsplit(allowed)
        same_place = _place(given) == _place(known)
    except ValueError:
        return False
    is_plain = address.isascii() and address.isprintable() and not any(sign in address for sign in " \\#<>\"'")
    steps, root = unquote(given.path).split("/"), known.path.rstrip("/")
    stays = not {".", ".."} & set(steps) and "\\" not in unquote(given.path)
    return is_plain and stays and same_place and (given.path == root or given.path.startswith(f"{root}/"))


def _place(parts: SplitResult) -> tuple[str, str | None, int | None, str | None]:
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme), parts.username

"""How fast passwords may be tried and accounts made: by where it is asked from, and never by account alone.

Whoever guesses at a seller's password from elsewhere therefore never shuts that seller out.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from stoflow.domain.errors import TooManyTries
from stoflow.domain.facts.sign_ins import SignInsSlowed
from stoflow.monitoring.record import record
from stoflow.storage.credentials.sign_in_tries import Allowance, Try, take_tries
from stoflow.storage.database.session import Database

OF_ACCOUNT: Final = Allowance(burst=5, every_s=180.0)
OF_ADDRESS: Final = Allowance(burst=30, every_s=20.0)
OF_REGISTRATIONS: Final = Allowance(burst=10, every_s=360.0)
OF_MAILS_ASKED: Final = Allowance(burst=10, every_s=60.0)
OF_MAILS_TO: Final = Allowance(burst=3, every_s=600.0)

NEIGHBOURS: Final = {4: 24, 6: 48}
"""Whose guesses at one account count together: the prefix of a network, by version of IP."""
OWN: Final = {4: 32, 6: 64}
"""Whose guesses at any account count together: what one customer has."""


def take(database: Database, tries: Sequence[Try]) -> None:
    """Count a try of each, or raise TooManyTries and tell of it."""
    try:
        take_tries(database, tries)
    except TooManyTries:
        record(SignInsSlowed())
        raise


def sign_in_tries(email: str, address: str) -> tuple[Try, Try]:
    """Return what a sign-in counts as: of its address, and of the account as seen from there."""
    near = _prefix(address, NEIGHBOURS)
    return Try(f"address {_prefix(address, OWN)}", OF_ADDRESS), Try(f"account {email} from {near}", OF_ACCOUNT)


def registration_tries(address: str) -> tuple[Try, ...]:
    return (Try(f"registrations {_prefix(address, OWN)}", OF_REGISTRATIONS),)


def mail_tries(address: str) -> tuple[Try, ...]:
    return (Try(f"mails asked for by {_prefix(address, OWN)}", OF_MAILS_ASKED),)


def mails_to(email: str) -> tuple[Try, ...]:
    """Return what a mail counts as for whoever receives it, wherever it is asked for."""
    return (Try(f"mails to {email}", OF_MAILS_TO),)


def _prefix(address: str, lengths: dict[int, int]) -> str:
    """Return the network of an address; what is none, as behind a Unix socket, is one place."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    known = _as_written_once(found)
    return str(ip_network(f"{known}/{lengths[known.version]}", strict=False))


def _as_written_once(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address

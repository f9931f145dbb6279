"""Which hosts may be spoken to in the clear: this machine, and those of one's own network."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

# Names that lead nowhere on the public internet (RFC 6761, 6762, 8375, and ICANN's of 2024 for networks of one's own).
OWN_SUFFIXES = (".localhost", ".local", ".internal", ".test", ".home.arpa", ".lan", ".example", ".invalid")


def is_in_the_clear(url: str) -> bool:
    """Say whether what is sent to this address can be read on its way through other people's networks."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_of_own_network(parts.hostname or "")


def is_of_own_network(host: str) -> bool:
    """Say whether a host is this machine or one beside it: a private address, or a name that is not public."""
    name = host.rstrip(".").partition("%")[0]
    address = _address(name)
    if address is not None:
        return not address.is_global
    return name.isascii() and ("." not in name or name.lower().endswith(OWN_SUFFIXES))


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a name is: "1.2.3.4", also as 16909060 or 0x1.0x2.0x3.0x4, as systems read them."""
    try:
        address = ip_address(name)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(name))
        except (OSError, UnicodeEncodeError):
            return None
    return getattr(address, "ipv4_mapped", None) or address

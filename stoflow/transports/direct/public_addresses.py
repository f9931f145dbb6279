"""Which machines an address that somebody else wrote may lead to: those of the public internet, and no other."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address, by way of NAT64


def may_be_called(address: str, allowed: Sequence[Network] = ()) -> bool:
    """Say whether an IP address is public, also where IPv6 only wraps another; `allowed` are let through besides."""
    outer = ip_address(address.partition("%")[0])
    inner = _wrapped(outer)
    if any(each in network for network in allowed for each in (outer, inner)):
        return True
    return _is_public(inner)


def _wrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that packets to an IPv6 address end at, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    return isinstance(address, IPv4Address) or not address.is_site_local

"""Whose address it is that somebody comes from: what one household or machine has counts as one."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

NEIGHBOURHOOD: Final = 64  # bits; one household or machine has as many IPv6 addresses as are left


@lru_cache(4096)
def neighbourhood(host: str) -> str:
    """Return what an address counts as; what is none, as behind a Unix socket, is itself."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or ip_network((address, NEIGHBOURHOOD), strict=False).network_address
    return str(address)

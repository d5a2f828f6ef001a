"""Addresses of the public internet, and all those that lead elsewhere."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

_NOT_PUBLIC: Final = tuple(
    ip_network(text)
    for text in (
        # IPv4, by the IANA registry of special addresses (RFC 6890); older Pythons know fewer of them.
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
        *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4"),
        # IPv6 within 2000::/3: protocol assignments with Teredo, documentation, 6to4, AS112, SRv6.
        *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""The only part of IPv6 that is given out; loopback, fc00::/7, fe80::/10, fec0::/10 and ff00::/8 are not."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""The translation of IPv4 in networks that have only IPv6: it is as public as the IPv4 address inside."""


def is_public(address: str) -> bool:
    """True if a connection to this address leaves every private network; `address` is what DNS answers."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        if parsed in _NAT64:
            return _is_public(IPv4Address(int(parsed) & 0xFFFF_FFFF))
        if parsed not in _GLOBAL_UNICAST:
            return False  # with it every form of IPv4 in IPv6: mapped, compatible, translated
    return _is_public(parsed)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in _NOT_PUBLIC if network.version == address.version)
    )

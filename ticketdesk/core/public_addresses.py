"""Which network addresses belong to the public internet, and which lead to ourselves or into a private network."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_CLOSED = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # shared by the customers of one provider; clouds answer there as well
        "168.63.129.16/32",  # a cloud's own service, at an address that looks like anybody's
        "192.0.0.0/24",
        "192.88.99.0/24",  # the way into 6to4
        "198.18.0.0/15",
        "240.0.0.0/4",
        "::/96",  # IPv4 written as IPv6, an old form
        "64:ff9b::/96",  # translated to IPv4: whatever stands behind it may be private
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # protocols, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)
"""Blocks that the standard library calls global in one version or another (IANA's special-purpose registries)."""


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet; anything else, rubbish included, is not."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        if address.ipv4_mapped is not None:
            return _is_public(address.ipv4_mapped)
    return _is_public(address)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_link_local:
        return False
    return not any(address.version == block.version and address in block for block in _CLOSED)

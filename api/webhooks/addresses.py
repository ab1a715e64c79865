"""Where a webhook may aim: a program of the service's own machine or network segment is nobody's business from outside.

A name is looked up once for each try, and what was looked up is what is connected to: a name that leads elsewhere a
moment later changes nothing. Redirects are not followed, for the same reason.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052


class NoTarget(ValueError):
    """An address that no webhook may have; the message says why, without a full stop."""


def target(url: str, *, local: bool) -> tuple[str, str]:
    """The host that this URL names, and the address that it has now. Raises NoTarget.

    local: whether it may be this machine's own, loopback or link-local.
    """
    host, port = _parts(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoTarget(f"the host {host} is not known") from error
    addresses = [ipaddress.ip_address(each[4][0]) for each in found]
    for address in addresses:
        if not local and is_local(address):
            raise NoTarget(f"{host} is {address}, an address of this machine, or one that only this machine can reach")
    return host, str(addresses[0])


def is_local(address: Address) -> bool:
    """Whether this leads to this machine, to a neighbour of no name, or nowhere."""
    inner = _inner(address)
    return (
        inner.is_loopback
        or inner.is_link_local
        or inner.is_unspecified
        or inner.is_multicast
        or inner.is_reserved
        or _is_own(inner)
    )


def _parts(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise NoTarget("it is no address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NoTarget("it begins with https:// or http:// and a host")
    if parts.username is not None or parts.fragment:
        raise NoTarget("it has neither a name before the host nor a fragment: the signature shows who sends")
    return parts.hostname, port


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


def _is_own(address: Address) -> bool:
    """Whether an interface of this machine has it: only then a socket can be bound to it."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as bound:
            bound.bind((str(address), 0))
    except OSError:
        return False
    return True

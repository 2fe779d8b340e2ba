"""Where a request comes from when proxies that are ours stand before the gateway. Pure."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Literal

type Network = IPv4Network | IPv6Network
type Address = IPv4Address | IPv6Address
type ProxyHeader = Literal["x-forwarded-for", "forwarded"]

#: More proxies of ours in a row there are not: what lies further to the left is anybody's text.
HOPS_MAX: Final = 16
#: Without quotes that hold commas: no proxy writes an address so.
_ELEMENT: Final = re.compile(
    r"\s*(?:[!#$%&'*+.^_`|~\w-]+=(?:[!#$%&'*+.^_`|~\w:\[\]-]+|\"[^\",]*\")\s*(?:;\s*|$))+", re.ASCII
)
_FOR: Final = re.compile(r"(?:^|;)\s*for=(?:\"([^\"]*)\"|([^;\s]+))", re.ASCII | re.IGNORECASE)
_WITH_PORT: Final = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?|(\d+\.\d+\.\d+\.\d+):\d{1,5}")


def read_networks(text: str) -> tuple[Network, ...]:
    """Networks such as `10.0.0.0/8,fd00::/8`, or single addresses.

    Raises:
        ValueError: A part is none, or is everybody.
    """
    found = tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    if any(one.prefixlen == 0 for one in found):
        raise ValueError("a network of trusted proxies is not everybody")
    return found


def client_of(
    peer: str,
    headers: Iterable[tuple[bytes, bytes]],
    *,
    trusted: tuple[Network, ...],
    header: ProxyHeader,
) -> str:
    """The address of the client: the first from the right that no proxy of ours has.

    Each proxy of ours adds on the right whom it heard; what a client wrote itself stands to the
    left of that, and is never reached. A header from anybody else is not read.

    Args:
        peer: Who holds the connection.
        headers: Of the request, names in lower case.
        trusted: Where proxies of ours are.
        header: Which header they write; the other one could be the client's own.

    Returns:
        The address; the last that is known for sure where the rest can't be read.
    """
    known = _read(peer)
    if known is None or not _is_ours(known, trusted):
        return peer
    wanted = header.encode()
    told = ",".join(value.decode("latin-1") for name, value in headers if name == wanted)
    read = _from_forwarded if header == "forwarded" else _read
    for hop in reversed(told.split(",")[-HOPS_MAX:] if told else ()):
        address = read(hop.strip())
        if address is None:
            break
        known = address
        if not _is_ours(address, trusted):
            break
    return str(known)


def _is_ours(address: Address, trusted: tuple[Network, ...]) -> bool:
    return any(address.version == one.version and address in one for one in trusted)


def _from_forwarded(element: str) -> Address | None:
    """The `for` of one element (RFC 7239); nothing when it has none, two, or no address."""
    found = _FOR.findall(element) if _ELEMENT.fullmatch(element) else []
    return _read(found[0][0] or found[0][1]) if len(found) == 1 else None


def _read(text: str) -> Address | None:
    """An address, with or without a port; one of IPv4 in IPv6 is what it stands for."""
    with_port = _WITH_PORT.fullmatch(text)
    try:
        found = ip_address((with_port[1] or with_port[2]) if with_port else text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found

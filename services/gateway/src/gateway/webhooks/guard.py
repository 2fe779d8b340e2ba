"""The client that calls what others name: only public addresses, and little patience."""

import asyncio
import socket
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.helpers import is_ip_address

from gateway.webhooks.lifecycle import is_public

_TIMEOUT: Final = ClientTimeout(total=10, sock_connect=3)


class UnsafeAddress(OSError):
    """A name leads to an address that is not somebody's on the internet."""


class Guard(AbstractResolver):
    """Resolves names, and gives only addresses that may be called: the connection takes those.

    A name that leads to one address of ours is refused whole: what it leads to may change.
    """

    def __init__(self, *, private: bool) -> None:
        """With `private`, addresses of one's own network may be called: for development."""
        self._private = private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses of a name.

        Raises:
            UnsafeAddress: It leads to an address that may not be called.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        addresses = [(info[0], str(info[4][0])) for info in found]
        if not self._private and not all(is_public(address) for _, address in addresses):
            raise UnsafeAddress(f"{host} leads to an address that may not be called")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=of,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for of, address in addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


def check_host(url: str, *, private: bool) -> None:
    """Refuse a URL whose host is an address that may not be called: nobody resolves those.

    Raises:
        UnsafeAddress: It may not be called.
    """
    host = urlsplit(url).hostname or ""
    if private or not is_ip_address(host):
        return
    if not is_public(host):
        raise UnsafeAddress(f"{host} is an address that may not be called")


def open_guarded_client(*, private: bool) -> ClientSession:
    """A client for addresses that others name: no cookies, proxies or kept connections."""
    connector: Any = TCPConnector(
        resolver=Guard(private=private),
        use_dns_cache=False,
        limit=32,
        limit_per_host=4,
        force_close=True,
    )
    return ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        timeout=_TIMEOUT,
        trust_env=False,
        auto_decompress=False,
    )

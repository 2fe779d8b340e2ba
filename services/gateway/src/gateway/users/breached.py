"""Passwords that others have lost: an installed list, and a service that is asked by a prefix.

The service learns five of the forty hexadecimal digits of a SHA-1 (k-anonymity), and answers with
all that it has under them.
"""

import hashlib
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from chassis.logs import get_logger

log = get_logger(__name__)

#: 30,000 passwords in the order in which they are tried.
COMMON: Final = frozenset(FREQUENCY_LISTS["passwords"])
_PREFIX: Final = 5
_ANSWER_MAX_BYTES: Final = 256 * 1024
_TIMEOUT: Final = ClientTimeout(total=1.0)


class Breached:
    """Knows lost passwords, as far as it is told where to ask."""

    def __init__(self, client: ClientSession, address: str | None) -> None:
        """Ask `address` + five digits through `client`; without an address ask nobody."""
        self._client = client
        self._address = address

    async def knows(self, password: str) -> bool:
        """Whether the service has it. One that is away holds nobody up: the list stays."""
        if not self._address:
            return False
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        try:
            answer = await self._ask(digest[:_PREFIX])
        except (ClientError, OSError, TimeoutError) as error:
            log.warning("users.breaches_not_asked", error=type(error).__name__)
            return False
        return _has(answer.decode("ascii", "replace"), digest[_PREFIX:])

    async def _ask(self, prefix: str) -> bytes:
        async with self._client.get(
            f"{self._address}{prefix}",
            headers={"Add-Padding": "true"},
            allow_redirects=False,
            timeout=_TIMEOUT,
        ) as response:
            if response.status != 200:  # noqa: PLR2004 - HTTP's own word for well
                raise ClientError(f"status {response.status}")
            answer = bytearray()
            async for part in response.content.iter_chunked(16 * 1024):
                answer += part
                if len(answer) > _ANSWER_MAX_BYTES:
                    raise ClientError("the answer is too long")
        return bytes(answer)


def _has(answer: str, rest: str) -> bool:
    """Whether `REST:COUNT` is a line of the answer; padding has a count of 0."""
    for line in answer.splitlines():
        found, _, count = line.strip().partition(":")
        if found.upper() == rest:
            return count.strip() not in {"", "0"}
    return False

"""The people of the demo: each a client of the gateway who also listens."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from embedded.connecting import Gateway, LogIn, log_in
from localex_client import LocalEx
from localex_client.models import LiveEvent, User

PATIENCE_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.05


class DemoFailed(Exception):
    """Something did not come out as it should; the message says what."""


async def eventually[T](
    look: Callable[[], Awaitable[T]], well: Callable[[T], bool], what: str
) -> tuple[T, float]:
    """Look again until it is well.

    Returns:
        What was seen, and the seconds it took.

    Raises:
        DemoFailed: It was not well in time.
    """
    started = time.perf_counter()
    while True:
        seen = await look()
        elapsed = time.perf_counter() - started
        if well(seen):
            return seen, elapsed
        if elapsed > PATIENCE_SECONDS:
            raise DemoFailed(f"{what} did not happen within {PATIENCE_SECONDS:.0f} s; seen: {seen}")
        await asyncio.sleep(_POLL_SECONDS)


@dataclass
class Actor:
    """A person with a session, accounts and an open stream of events."""

    name: str
    client: LocalEx
    user: User
    heard: list[LiveEvent] = field(default_factory=list)

    async def balances(self) -> dict[str, str]:
        """Balance by account type."""
        return {account.type: account.balance for account in await self.client.accounts()}

    async def main_account(self) -> str:
        """Id of the main account."""
        accounts = await self.client.accounts()
        return str(next(account.id for account in accounts if account.type == "MAIN"))

    async def hear(self, kind: str, trade_id: str) -> None:
        """Wait until an event of this trade was heard.

        Raises:
            DemoFailed: It was not heard in time.
        """

        async def look() -> list[str]:
            return [e.type for e in self.heard if str(e.data.get("trade_id")) == trade_id]

        await eventually(look, lambda kinds: kind in kinds, f"{self.name} hearing {kind}")

    async def listen(self, opened: asyncio.Event) -> None:
        """Keep what is told, until cancelled."""
        async for event in self.client.events(on_open=opened.set):
            self.heard.append(event)


@asynccontextmanager
async def new_actor(gateway: Gateway, name: str) -> AsyncIterator[Actor]:
    """Register somebody new, log in, wait for the accounts, and listen."""
    suffix = secrets.token_hex(4)
    email, password = f"{name.lower()}.{suffix}@example.org", secrets.token_urlsafe(18)
    async with gateway.open() as client:
        await client.register(email, password, name)
        session = await client.log_in(email, password)
        actor = Actor(name, client, session.user)
        await eventually(
            actor.balances, lambda kinds: {"MAIN", "ESCROW"} <= kinds.keys(), "opening accounts"
        )
        opened = asyncio.Event()
        listening = asyncio.create_task(actor.listen(opened))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await opened.wait()
            yield actor
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening


@asynccontextmanager
async def known_actor(gateway: Gateway, who: LogIn) -> AsyncIterator[LocalEx]:
    """Somebody who has a log-in already."""
    async with gateway.open() as client:
        await log_in(client, who)
        yield client

"""People of the journeys: each is a client of the gateway who also listens."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pyotp

from localex_client import LocalEx, ProblemError
from localex_client.market_models import Trade
from localex_client.models import Account, LiveEvent, User
from tests.stack.plugin import System

PASSWORD = "a long sentence is best"
#: Tokens of operators who had to enrol, by gateway.
_ENROLLED: dict[str, str] = {}


async def eventually[T](
    look: Callable[[], Awaitable[T]], well: Callable[[T], bool], *, within_seconds: float = 20
) -> T:
    """Look again until it is well; the last look is what an assertion would show."""
    until = time.monotonic() + within_seconds
    while True:
        seen = await look()
        if well(seen):
            return seen
        assert time.monotonic() < until, f"still {seen!r} after {within_seconds} s"
        await asyncio.sleep(0.05)


@dataclass
class Actor:
    """A person with accounts and, once they listen, what they heard."""

    email: str
    client: LocalEx
    user: User
    heard: list[LiveEvent] = field(default_factory=list)

    async def account(self, kind: str = "MAIN") -> Account:
        """One's account of a kind."""
        return next(found for found in await self.client.accounts() if found.type == kind)

    async def balance(self, kind: str = "MAIN") -> str:
        """What is on it."""
        return (await self.account(kind)).balance

    async def reaches(self, trade_id: UUID, state: str, *, within_seconds: float = 20) -> Trade:
        """Wait until a trade is in a state."""
        return await eventually(
            lambda: self.client.get_trade(trade_id),
            lambda trade: trade.state == state,
            within_seconds=within_seconds,
        )

    async def hears(self, *kinds: str, trade_id: UUID) -> None:
        """Wait until these events of a trade were heard, in this order and each once."""

        async def look() -> list[str]:
            return [e.type for e in self.heard if e.data.get("trade_id") == str(trade_id)]

        await eventually(look, lambda heard: heard == list(kinds))

    async def logs_in_again(self) -> None:
        """Open another session."""
        await self.client.log_in(self.email, PASSWORD)


@asynccontextmanager
async def somebody(
    system: System,
    name: str,
    *,
    credits: str = "",  # noqa: A002 - what the community calls them
    community: str | None = None,
) -> AsyncIterator[Actor]:
    """Somebody new of a community, logged in, with open accounts and some credits."""
    email = f"{name.lower()}.{uuid4().hex[:12]}@example.org"
    async with LocalEx(system.gateway) as client:
        await client.register(email, PASSWORD, name, community=community)
        session = await client.log_in(email, PASSWORD)
        actor = Actor(email, client, session.user)
        await eventually(
            client.accounts, lambda found: {a.type for a in found} >= {"MAIN", "ESCROW"}
        )
        if credits:
            async with operator(system) as issuer:
                await issuer.issue(actor.user.id, credits, reason="journey")
        yield actor


@asynccontextmanager
async def listening(*actors: Actor) -> AsyncIterator[None]:
    """They hear what happens from now on."""
    tasks = []
    for actor in actors:
        opened = asyncio.Event()
        tasks.append(asyncio.create_task(_listen(actor, opened)))
        async with asyncio.timeout(10):
            await opened.wait()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _listen(actor: Actor, opened: asyncio.Event) -> None:
    async for event in actor.client.events(on_open=opened.set):
        actor.heard.append(event)


@asynccontextmanager
async def operator(system: System) -> AsyncIterator[LocalEx]:
    """The first operator, logged in."""
    async with LocalEx(system.gateway) as client:
        kept = _ENROLLED.get(system.gateway)
        if kept is None:
            await client.log_in(*system.operator)
            await _enrol_if_asked(system, client)
        else:
            client.token = kept
        client.reason = "a journey of the tests"
        yield client


async def _enrol_if_asked(system: System, client: LocalEx) -> None:
    """Outside development power needs a second factor, whose codes are good once.

    So the session is kept for the next time.
    """
    try:
        await client.overrides()
    except ProblemError as refused:
        if refused.slug != "enrol-first":
            raise
        secret = (await client.begin_totp()).secret
        await client.confirm_totp(pyotp.TOTP(secret).now())
        _ENROLLED[system.gateway] = client.token or ""


async def funded_trade(seller: Actor, buyer: Actor, amount: str = "10.00") -> Trade:
    """A trade whose escrow is funded."""
    item = await seller.client.create_item("Garden chair", price=amount)
    trade = await buyer.client.offer(item.id, amount)
    await seller.client.accept(trade.id)
    return await buyer.reaches(trade.id, "funded")

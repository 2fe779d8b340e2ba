"""People at the gateway: they register, list, search and trade."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final

from embedded.connecting import Gateway, LogIn, log_in
from localex_client import LocalEx

GIVE_UP_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.01


async def until(look: Callable[[], Awaitable[bool]]) -> float:
    """Seconds until it is so.

    Raises:
        TimeoutError: It was not so in time.
    """
    started = time.perf_counter()
    while not await look():
        if time.perf_counter() - started > GIVE_UP_SECONDS:
            raise TimeoutError
        await asyncio.sleep(POLL_SECONDS)
    return time.perf_counter() - started


async def person(gateway: Gateway, name: str) -> LocalEx:
    """Somebody new, logged in, whose accounts are open."""
    client = gateway.open()
    email, password = f"{name}-{secrets.token_hex(6)}@localex.test", secrets.token_urlsafe(16)
    await client.register(email, password, name)
    await client.log_in(email, password)

    async def opened() -> bool:
        return len(await client.accounts()) > 0

    await until(opened)
    return client


async def fund(seller: LocalEx, buyer: LocalEx) -> float:
    """Seconds from the seller's yes until the escrow is funded."""
    item = await seller.create_item(f"Spade {secrets.token_hex(4)}", price="1.00")
    trade = await buyer.offer(item.id, "1.00")
    await seller.accept(trade.id)

    async def funded() -> bool:
        return (await buyer.get_trade(trade.id)).state == "funded"

    return await until(funded)


async def find(seller: LocalEx) -> float:
    """Seconds from an item's being listed until a search finds it."""
    word = f"quokka{secrets.token_hex(6)}"
    await seller.create_item(f"Figure of a {word}", price="1.00")

    async def found() -> bool:
        return bool((await seller.search(word)).items)

    return await until(found)


async def trade_first(gateway: Gateway, operator: LogIn) -> tuple[LocalEx, LocalEx]:
    """Register seller and buyer, issue credits, and trade until the escrow is funded."""
    ana, ben = await person(gateway, "Ana"), await person(gateway, "Ben")
    async with gateway.open() as office:
        await log_in(office, operator)
        await office.issue((await ben.me()).id, "1000.00", reason="bench")
    await fund(ana, ben)
    return ana, ben

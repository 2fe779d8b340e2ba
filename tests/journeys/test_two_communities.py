"""Two communities on one system: each trades, and what one has is nowhere in the other."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from localex_client import LocalEx, ProblemError
from localex_client.market_models import Item, Trade
from tests.journeys.people import PASSWORD, Actor, eventually, funded_trade, operator, somebody
from tests.stack.plugin import System

MISSING: Final = 404


@dataclass(frozen=True)
class Town:
    """A community with a word of its own, a seller, a buyer, an item on offer and a trade."""

    slug: str
    word: str
    seller: Actor
    buyer: Actor
    item: Item
    trade: Trade

    async def found(self, client: LocalEx) -> list[UUID]:
        """What somebody finds by this town's word."""
        return [hit.id for hit in (await client.search(f"lamp {self.word}")).items]


@dataclass(frozen=True)
class World:
    """Riverside and Hillside, and the operator of Hillside."""

    here: Town
    there: Town
    office: LocalEx


async def live_in(stack: AsyncExitStack, system: System, slug: str) -> Town:
    """People of a community, who trade."""
    word = f"z{secrets.token_hex(4)}"
    seller = await stack.enter_async_context(somebody(system, "Ana", community=slug))
    buyer = await stack.enter_async_context(
        somebody(system, "Ben", community=slug, credits="90.00")
    )
    item = await seller.client.create_item(f"Lamp {word}", price="5.00")
    town = Town(slug, word, seller, buyer, item, await funded_trade(seller, buyer))
    await eventually(lambda: town.found(buyer.client), lambda hits: item.id in hits)
    return town


@pytest.fixture(scope="module")
async def world(system: System) -> AsyncIterator[World]:
    """Two communities that live."""
    slug = f"hillside-{secrets.token_hex(4)}"
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(operator(system))
        await admin.open_community(slug, "Hillside", asset="LXC")
        here = await live_in(stack, system, "riverside")
        there = await live_in(stack, system, slug)
        second = await stack.enter_async_context(somebody(system, "Eve", community=slug))
        await admin.change_roles(second.user.id, grant=["OPERATOR"], reason="of Hillside")
        await second.client.log_in(second.email, PASSWORD)
        second.client.reason = "a journey of the tests"
        yield World(here, there, second.client)


async def test_communities_are_listed_and_others_are_not_joined(
    world: World, system: System
) -> None:
    """The open ones for everybody; a name that nobody opened is refused, and they are named."""
    async with LocalEx(system.gateway) as nobody:
        listed = {one.slug for one in await nobody.communities(state="OPEN", limit=200)}
        assert {world.here.slug, world.there.slug} <= listed
        with pytest.raises(ProblemError) as refused:
            await nobody.register(
                f"{uuid4().hex}@example.org", PASSWORD, "Ana", community=f"no{world.there.slug}"
            )
    assert refused.value.slug == "community-not-open"
    assert world.here.slug in refused.value.facts["open"]


async def test_each_trades(world: World) -> None:
    """To the end, with money of its own."""
    for town in (world.here, world.there):
        await town.seller.client.hand_over(town.trade.id)
        await town.buyer.client.confirm(town.trade.id)
        await town.buyer.reaches(town.trade.id, "released")
        assert await town.buyer.balance() == "80.00"


async def test_nothing_of_one_is_found_from_the_other(world: World) -> None:
    """Neither by words, nor while typing, nor by naming the community; an operator as little."""
    far, near = world.there, world.here
    assert near.item.id in await near.found(near.buyer.client)
    for client in (far.seller.client, far.buyer.client, world.office):
        assert near.item.id not in await near.found(client)
        suggested = await client.suggest(near.word)
        assert near.item.id not in {one.id for one in suggested.items}
        answer = await client.send("GET", "/v1/search", query={"community": near.slug})
        assert str(near.item.id) not in answer.text


def _reads(town: Town) -> list[str]:
    item, trade, seller = town.item.id, town.trade.id, town.seller.user.id
    return [
        f"/v1/items/{item}",
        f"/v1/items/{item}/reports",
        f"/v1/members/{seller}/reputation",
        f"/v1/members/{seller}/ratings",
        f"/v1/trades/{trade}",
        f"/v1/trades/{trade}/messages",
        f"/v1/trades/{trade}/statements",
        f"/v1/trades/{trade}/ratings",
        f"/v1/escrows/{trade}",
    ]


def _writes(town: Town) -> list[tuple[str, str, dict[str, Any]]]:
    item, trade = f"/v1/items/{town.item.id}", f"/v1/trades/{town.trade.id}"
    wish = {"item_id": str(town.item.id), "amount": "5.00", "asset": "LXC"}
    grant = {
        "to_user": str(town.seller.user.id),
        "amount": "5.00",
        "asset": "LXC",
        "reason": "mine",
    }
    return [
        ("POST", "/v1/trades", wish),
        ("PUT", f"{item}/watch", {}),
        ("POST", f"{item}/reports", {"ground": "spam"}),
        ("POST", f"{item}/decisions", {"decision": "hide", "reason": "mine"}),
        ("POST", f"{trade}/dispute", {"reason": "mine"}),
        ("POST", f"{trade}/messages", {"text": "let me in"}),
        ("POST", f"{trade}/resolve", {"ruling": "refund", "reason": "mine"}),
        ("POST", "/v1/issuances", grant),
    ]


async def test_nothing_of_one_is_seen_watched_reported_or_decided_from_the_other(
    world: World,
) -> None:
    """An operator there gets a 404 for each; a member the same, or that it is for operators."""
    for client in (world.office, world.there.buyer.client):
        for path in _reads(world.here):
            answer = await client.send("GET", path)
            operators = client is not world.office and path.endswith("/reports")
            assert answer.status_code == (403 if operators else MISSING), (path, answer.text)
        for method, path, body in _writes(world.here):
            answer = await client.send(method, path, json=body, key=secrets.token_hex(8))
            operators = client is not world.office and path.endswith(
                ("/decisions", "/resolve", "/issuances")
            )
            assert answer.status_code == (403 if operators else MISSING), (path, answer.text)
    found = await world.office.send("GET", "/v1/item-reports")
    assert str(world.here.item.id) not in found.text


async def test_the_same_is_there_in_its_own(world: World) -> None:
    """So that it is the community that is in the way."""
    buyer = world.here.buyer.client
    for path in _reads(world.here):
        if not path.endswith("/reports"):
            assert (await buyer.send("GET", path)).status_code == 200, path
    await buyer.watch_item(world.here.item.id)
    await buyer.report_item(world.here.item.id, "spam")


type Pay = Callable[[LocalEx, UUID, UUID, UUID], Awaitable[Any]]


async def to_user(payer: LocalEx, source: UUID, user: UUID, _account: UUID) -> Any:
    """A transfer to a person."""
    return await payer.transfer(source, "1.00", to_user=user)


async def to_account(payer: LocalEx, source: UUID, _user: UUID, account: UUID) -> Any:
    """A transfer to an account."""
    return await payer.transfer(source, "1.00", to_account=account)


async def by_gift(payer: LocalEx, source: UUID, user: UUID, _account: UUID) -> Any:
    """A gift."""
    return await payer.give(source, user, "1.00")


async def by_template(payer: LocalEx, source: UUID, user: UUID, _account: UUID) -> Any:
    """A split with one part."""
    parts = [{"to_user": str(user), "amount": "1.00"}]
    return await payer.send_by_template("split", from_account=str(source), asset="LXC", parts=parts)


async def by_capture(payer: LocalEx, source: UUID, _user: UUID, account: UUID) -> Any:
    """What was set aside."""
    held = await payer.reserve(source, "1.00")
    try:
        return await payer.capture(held.id, "1.00", to_account=account)
    finally:
        await payer.release(held.id)


@pytest.mark.parametrize("pay", [to_user, to_account, by_gift, by_template, by_capture])
async def test_nobody_is_paid_in_another_community(world: World, pay: Pay) -> None:
    """The answer is that of a person or account that is not there, and no money moves."""
    payer, payee = world.there.buyer, world.here.seller
    source, account = (await payer.account()).id, (await payee.account()).id
    before = (await payer.balance(), await payee.balance())
    told = []
    for user, to in ((payee.user.id, account), (uuid4(), uuid4())):
        with pytest.raises(ProblemError) as refused:
            await pay(payer.client, source, user, to)
        told.append((refused.value.status, refused.value.slug))
    assert told[0] == told[1]
    assert (await payer.balance(), await payee.balance()) == before

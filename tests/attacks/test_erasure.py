"""Who leaves is forgotten: a mark in every word of theirs, a month later, then all is searched."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from contracts.topics import GATEWAY_USERS, MARKETPLACE_ITEMS, Topic
from tests.attacks.reading import found_in, newest, read_index, read_tables, read_valkey
from tests.journeys.people import PASSWORD, Actor, eventually, somebody
from tests.journeys.test_pictures_of_a_bicycle import photo
from tests.stack.plugin import System

MARK: Final = uuid4().hex[:10]
WORDS: Final = f"ask for {MARK}"
GRACE: Final = timedelta(days=31)
#: Where words of theirs are until their time is over, whoever leaves: what was said to others.
AGES_OUT: Final = {
    "outbox": "messages as they were sent: dropped by days, two weeks",
    "live_event": "what others were told live: some days",
    "notification": "what others were told in the app: ninety days",
    "idempotent_answer": "answers to others, who may ask again: a day",
}
#: A memo is part of a signed transfer, and of the other side's statement: it is not written here.
EMAILS: Final = "SELECT value_normalised FROM gateway.login_identity WHERE user_id = $1"


async def say_of_oneself(eve: Actor) -> None:
    """All that a person can write about themselves, and for themselves."""
    client, main = eve.client, (await eve.account()).id
    await client.change_profile(city=f"City {MARK}", neighbourhood=f"Quarter {MARK}")
    for field in ("legal_name", "postal_address", "phone"):
        value = f"+34{int(MARK, 16) % 10**9:09}" if field == "phone" else WORDS
        await client.ask("PUT", f"/v1/me/vault/{field}", json={"value": value}, key=uuid4().hex)
    await client.make_api_key(f"key {MARK}", ["items:read"])
    await client.add_endpoint(f"https://example.org/{MARK}", ["marketplace.TradeOffered"])
    await client.save_search(f"search {MARK}", q=MARK)
    await client.watch(main, "below", "1.00", label=f"label {MARK}")
    await client.write("/v1/account-groups", {"name": f"group {MARK}"}, None)
    await client.search(f"{MARK} lamp")


async def trade_with(eve: Actor, ben: Actor) -> tuple[UUID, UUID]:
    """All that a person can write to others; a trade that was settled, and an image."""
    fields = {
        "description": WORDS,
        "brand": f"Brand {MARK}",
        "item_type": f"type {MARK}",
        "neighbourhood": f"Quarter {MARK}",
    }
    chair = await eve.client.create_item(f"Chair {MARK}", price="5.00", **fields)
    await eve.client.create_item(f"Draft {MARK}", price="5.00", status="draft")
    await eve.client.create_item(f"Swap {MARK}", pricing="barter", wanted=WORDS)
    image = await eve.client.upload_image(photo(), media_type="image/jpeg")
    await eve.client.arrange_images(chair.id, [image.id])
    await eve.client.settled_image(image.id)
    lamp = await ben.client.create_item("A lamp of Ben", price="7.00")
    await eve.client.watch_item(lamp.id)
    await eve.client.report_item(lamp.id, "fraud", details=WORDS)
    given_up = await eve.client.offer(lamp.id, "7.00", message=WORDS)
    await eve.client.cancel(given_up.id, reason=WORDS)
    trade = await ben.client.offer(chair.id, "5.00")
    await eve.client.accept(trade.id)
    await ben.reaches(trade.id, "funded")
    await eve.client.write_message(trade.id, WORDS)
    await ben.client.write_message(trade.id, "I come at noon")
    await eve.client.hand_over(trade.id)
    await ben.client.confirm(trade.id)
    await eve.reaches(trade.id, "released")
    await eve.client.rate(trade.id, 5, WORDS)
    await ben.client.rate(trade.id, 4, "As described")
    return trade.id, image.id


async def value(system: System, statement: str, *arguments: object) -> object:
    """A value, asked by whoever owns the tables."""
    conn = await asyncpg.connect(
        system.backend.admin_url, server_settings={"localex.community": "*"}
    )
    try:
        return await conn.fetchval(statement, *arguments)
    finally:
        await conn.close()


def of_table(place: str) -> str:
    """The table that a partition belongs to, without its schema."""
    return next((one for one in AGES_OUT if place.partition(".")[2].startswith(one)), place)


async def nothing_is_left(system: System, person: UUID) -> None:
    """Wait until the mark is nowhere but where it ages out, and there not for the person."""
    settings = system.settings

    async def erased() -> object:
        return await value(system, "SELECT deleted_at FROM gateway.users WHERE id = $1", person)

    await eventually(erased, lambda at: at is not None)

    async def left() -> list[tuple[str, str]]:
        tables = await read_tables(system.backend.admin_url)
        return [one for one in found_in(tables, [MARK]) if of_table(one[0]) not in AGES_OUT]

    await eventually(left, lambda found: found == [])

    async def indexed() -> bytes:
        return await asyncio.to_thread(read_index, settings["LOCALEX_OPENSEARCH_URL"])

    await eventually(indexed, lambda text: MARK.encode() not in text)
    for topic in (GATEWAY_USERS, MARKETPLACE_ITEMS):

        async def told(topic: Topic = topic) -> bytes:
            return b"\n".join(await newest(settings["LOCALEX_KAFKA_SERVERS"], topic))

        await eventually(told, lambda text: MARK.encode() not in text)
    assert MARK.encode() not in await read_valkey(
        settings["GATEWAY_VALKEY_URL"], settings["SEARCH_VALKEY_URL"]
    )
    # Of their own events, such as that an item has no words any more, some come after.
    for table in ("live_event", "notification"):
        statement = (
            f"SELECT count(*) FROM gateway.{table}"
            " WHERE user_id = $1 AND data::text LIKE '%' || $2 || '%'"
        )
        assert await value(system, statement, person, MARK) == 0


async def reads_on(ben: Actor, trade: UUID) -> None:
    """The other side has the sums, their own words and the stars."""
    # A month has gone by: the session of before is over.
    await ben.client.log_in(ben.email, PASSWORD)
    seen = await ben.client.get_trade(trade)
    assert (seen.item_title, seen.amount) == ("[erased]", "5.00")
    said = (await ben.client.trade_messages(trade)).messages
    assert [one.text for one in said] == ["[erased]", "I come at noon"]
    rated = (await ben.client.trade_ratings(trade)).ratings
    assert [one.stars for one in rated if one.text is None] == [5]


async def test_of_who_is_erased_no_word_is_left(
    system: System, move_clock: Callable[[timedelta], None]
) -> None:
    """In any schema, the index, the cache or the newest messages; the other side reads on."""
    async with (
        somebody(system, f"Eve{MARK}") as eve,
        somebody(system, "Ben", credits="5.00") as ben,
    ):
        await say_of_oneself(eve)
        trade, image = await trade_with(eve, ben)
        before = found_in(await read_tables(system.backend.admin_url), [MARK])
        assert len({of_table(place) for place, _ in before}) >= 20
        main = await eve.account()
        await eve.client.transfer(main.id, main.balance, to_user=ben.user.id)
        departure = await eve.client.leave()
        assert departure.erase_at > datetime.now(UTC)
        move_clock(GRACE)
        await nothing_is_left(system, eve.user.id)
        assert await value(system, "SELECT id FROM marketplace.image WHERE id = $1", image) is None
        assert await value(system, EMAILS, eve.user.id) is None
        await reads_on(ben, trade)
        login = {"email": eve.email, "password": PASSWORD}
        answer = await ben.client.send("POST", "/v1/sessions", json=login)
        assert answer.status_code == 401
        assert MARK not in json.dumps(answer.json())

"""Crossings on the real database: once each, whatever is repeated, concurrent or breaks off."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.ids import new_id
from contracts.ledger_accounts import MonitorCrossed
from ledger.monitors import watch as watching
from ledger.monitors.watch import watch_balances
from services.ledger.tests.books import Books, Person, transfer
from services.ledger.tests.conftest import Api


async def watch(api: Api, person: Person, kind: str, threshold: str, **other: Any) -> UUID:
    """A monitor of a person's main account."""
    wish = {"account_id": str(person.main), "kind": kind, "threshold": threshold} | other
    answer = await api.post("/v1/monitors", person.id, wish)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def look(books: Books) -> None:
    """What the job does in one turn."""
    after = None
    while True:
        async with books.transaction() as conn:
            page = await watch_balances(conn, after=after)
        if page.last is None:
            return
        after = page.last


async def told(books: Books, monitor: UUID) -> list[MonitorCrossed]:
    """The events of a monitor, in order."""
    rows = await books.rows(
        "SELECT payload FROM outbox WHERE topic = 'ledger.monitors.v1' "
        "AND payload::jsonb->>'monitor_id' = $1 ORDER BY id",
        str(monitor),
    )
    return [MonitorCrossed.model_validate_json(row["payload"]) for row in rows]


async def test_each_crossing_is_told_once(books: Books, api: Api) -> None:
    """Below, back, and below again: two events, however often it is looked."""
    ana, ben = await books.open_person(10_000), await books.open_person(10_000)
    low = await watch(api, ana, "below", "50.00", hysteresis="5.00", label="rent")
    for source, to, amount in (
        (ana, ben, 5_001),
        (ana, ben, 100),
        (ben, ana, 200),
        (ana, ben, 200),
        (ben, ana, 700),
        (ana, ben, 1_000),
    ):
        await books.post(transfer(source.main, to.main, amount))
        await look(books)
        await look(books)
    events = await told(books, low)
    assert [event.observed_minor for event in events] == [4_999, 4_599]
    first = events[0]
    assert (first.kind, first.threshold_minor, first.label) == ("below", 5_000, "rent")
    assert (first.owner_id, first.audience(), first.key()) == (ana.id, (ana.id,), str(ana.main))
    shown = (await api.get(f"/v1/monitors/{low}", ana.id)).json()
    assert (shown["crossings"], shown["beyond"]) == (2, True)
    assert [one["observed"] for one in shown["newest"]] == ["45.99", "49.99"]


async def test_what_happens_between_two_looks_is_seen(books: Books, api: Api) -> None:
    """A dip that is over by the time of the look was a crossing, and is told."""
    ana, ben = await books.open_person(10_000), await books.open_person(10_000)
    low = await watch(api, ana, "below", "50.00")
    await books.post(transfer(ana.main, ben.main, 9_000), transfer(ben.main, ana.main, 9_000))
    await look(books)
    assert [event.observed_minor for event in await told(books, low)] == [1_000]


async def test_reserving_comes_near_the_soft_limit(books: Books, api: Api) -> None:
    """What is set aside cannot be spent: the balance stays, the soft limit is crossed."""
    ana = await books.open_person(10_000)
    soft = await watch(api, ana, "soft_limit", "30.00")
    low = await watch(api, ana, "below", "30.00")
    wish = {"account_id": str(ana.main), "amount": "75.00", "asset": "LXC"}
    assert (await api.post("/v1/reservations", ana.id, wish)).status_code == 201
    await look(books)
    assert [event.observed_minor for event in await told(books, soft)] == [2_500]
    assert await told(books, low) == []


async def test_a_trend_looks_at_its_window(books: Books, api: Api) -> None:
    """Three falls of 20.00 within an hour are a fall of 50.00; over three hours they are not."""
    ana, ben = await books.open_person(20_000), await books.open_person()
    books.clock.move(timedelta(days=1))
    fast = await watch(api, ana, "fall", "50.00", window_seconds=3_600)
    for _ in range(3):
        books.clock.move(timedelta(hours=1))
        await books.post(transfer(ana.main, ben.main, 2_000))
        await look(books)
    assert await told(books, fast) == []
    for _ in range(3):
        books.clock.move(timedelta(minutes=10))
        await books.post(transfer(ana.main, ben.main, 2_000))
    await look(books)
    assert [event.observed_minor for event in await told(books, fast)] == [6_000]


async def test_a_crash_leaves_not_told_or_told(books: Books, api: Api) -> None:
    """What breaks off before the commit is done again, from where it was."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    low = await watch(api, ana, "below", "50.00")
    await books.post(transfer(ana.main, ben.main, 6_000))

    async def break_off() -> None:
        async with books.transaction() as conn:
            await watch_balances(conn)
            raise KeyError("the process dies here")

    with pytest.raises(KeyError):
        await break_off()
    assert await told(books, low) == []
    await look(books)
    await look(books)
    assert len(await told(books, low)) == 1


async def test_many_watchers_tell_each_crossing_once(own_books: Books, own_api: Api) -> None:
    """Eight processes look at the same time, while money moves to and fro."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(10_000), await books.open_person(10_000)
    monitors = [await watch(api, ana, "above", "100.00") for _ in range(5)]
    done = asyncio.Event()

    async def keep_looking() -> None:
        while not done.is_set():
            await look(books)

    watchers = [asyncio.create_task(keep_looking()) for _ in range(8)]
    for _ in range(30):
        await books.post(transfer(ben.main, ana.main, 10))
        await books.post(transfer(ana.main, ben.main, 10))
    done.set()
    await asyncio.gather(*watchers)
    await look(books)
    for monitor in monitors:
        seen = [event.account_seq for event in await told(books, monitor)]
        assert len(seen) == len(set(seen)) == 30
        assert seen == sorted(seen)


async def test_a_busy_account_is_gone_through_page_by_page(
    own_books: Books, own_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More entries than a page: `behind` says so, and none is left out."""
    books, api = own_books, own_api
    monkeypatch.setattr(watching, "ENTRIES_PAGE", 3)
    ana, ben = await books.open_person(10_000), await books.open_person(10_000)
    high = await watch(api, ana, "above", "100.00")
    for _ in range(5):
        await books.post(transfer(ben.main, ana.main, 1), transfer(ana.main, ben.main, 1))
    pages = []
    for _ in range(5):
        async with books.transaction() as conn:
            pages.append((await watch_balances(conn)).behind)
    assert pages == [True, True, True, False, False]
    assert len(await told(books, high)) == 5


async def test_an_ended_monitor_is_silent(books: Books, api: Api) -> None:
    """What moves afterwards is nobody's news; what was told is kept."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    low = await watch(api, ana, "below", "50.00")
    for _ in range(2):
        ended = await api.delete(f"/v1/monitors/{low}", ana.id)
        assert ended.status_code == 204
    await books.post(transfer(ana.main, ben.main, 6_000))
    await look(books)
    assert await told(books, low) == []
    assert (await api.get(f"/v1/monitors/{low}", ana.id)).json()["ended_at"]
    assert (await api.get("/v1/monitors", ana.id)).json()["monitors"] == []


async def test_sql_keeps_monitors_straight(books: Books, api: Api) -> None:
    """Nobody looks back, changes the line, wakes what ended, or edits what was told."""
    ana = await books.open_person(10_000)
    low = await watch(api, ana, "below", "50.00")
    changes = (
        "UPDATE ledger.monitor SET seen_seq = seen_seq - 1 WHERE id = $1",
        "UPDATE ledger.monitor SET threshold_minor = 1 WHERE id = $1",
        "DELETE FROM ledger.monitor WHERE id = $1",
        "UPDATE ledger.monitor SET window_seconds = 9 WHERE id = $1",
    )
    refused = (asyncpg.CheckViolationError, asyncpg.InsufficientPrivilegeError)
    for role in ("ledger", "admin"):
        async with books.scratch.connect(role) as conn:
            for change in changes:
                with pytest.raises(refused):
                    await conn.execute(change, low)
    assert (await api.delete(f"/v1/monitors/{low}", ana.id)).status_code == 204
    async with books.scratch.connect("admin") as conn:
        with pytest.raises(asyncpg.CheckViolationError, match="monitor_ended_stays_so"):
            await conn.execute("UPDATE ledger.monitor SET ended_at = NULL WHERE id = $1", low)
        insert = "INSERT INTO ledger.monitor_crossing VALUES ($1, 1, $2, 1, now())"
        await conn.execute(insert, low, new_id())
        with pytest.raises(asyncpg.UniqueViolationError):
            await conn.execute(insert, low, new_id())
        with pytest.raises(asyncpg.CheckViolationError):
            await conn.execute("DELETE FROM ledger.monitor_crossing")

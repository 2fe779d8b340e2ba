"""From Kafka's records to a person's stream, on the real database."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientResponse

from chassis.consumer import Consumer
from chassis.ids import new_id
from contracts.cloudevents import envelope_of, write_headers
from contracts.gateway import UserRegistered
from contracts.ledger import AccountOpened, TransferPosted
from contracts.messages import Message
from contracts.topics import SOURCES
from gateway.live import hub as hub_module
from gateway.live import queries
from gateway.live.consumers import EVENTS, subscribe_live
from gateway.live.lifecycle import KEPT_MAX
from gateway.live.prune import prune_events
from gateway.valkey import Valkey


def opened(owner: UUID | None) -> AccountOpened:
    """An event for one person."""
    return AccountOpened(
        account_id=new_id(), owner_id=owner, account_type="MAIN", asset="LXC", community="riverside"
    )


def moved(*owners: UUID) -> TransferPosted:
    """An event for several people."""
    now = datetime.now(UTC)
    entries = [
        {
            "account_id": new_id(),
            "account_seq": 1,
            "owner_id": owner,
            "account_type": "MAIN",
            "asset": "LXC",
            "amount_minor": 5,
            "balance_after_minor": 1000 + number,
        }
        for number, owner in enumerate(owners)
    ]
    return TransferPosted.model_validate(
        {
            "transfer_id": new_id(),
            "kind": "transfer",
            "effective_at": now,
            "posted_at": now,
            "entries": entries,
        }
    )


def records(messages: Iterable[Message], at: datetime | None = None) -> list[Any]:
    """Messages as Kafka would hand them over, of now unless it is said when."""
    made = []
    for offset, message in enumerate(messages):
        envelope = envelope_of(
            message,
            event_id=new_id(),
            source=SOURCES[message.TOPIC],
            occurred_at=at or datetime.now(UTC),
        )
        headers = [(name, value.encode()) for name, value in write_headers(envelope).items()]
        value = message.model_dump_json().encode()
        made.append(
            SimpleNamespace(
                topic=message.TOPIC, partition=0, offset=offset, headers=headers, value=value
            )
        )
    return made


def consumer(gateway: Any) -> Consumer:
    """The gateway's own consumer."""
    return Consumer(subscribe_live(gateway.resources.extra["hub"]), gateway.resources.database)


async def rows_of(gateway: Any, person: UUID) -> list[tuple[int, str, str]]:
    """What is kept for a person."""
    async with gateway.resources.database.connection() as conn:
        return await queries.select_after(conn, person, 0, 10_000)


@asynccontextmanager
async def stream(gateway: Any, token: str, **headers: str) -> AsyncIterator[ClientResponse]:
    """An open stream, past its opening lines."""
    sent = {"Authorization": f"Bearer {token}", **headers}
    async with gateway.client.get(gateway.address + "/v1/events", headers=sent) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        while await response.content.readline() != b"\n":
            pass
        yield response


async def next_event(response: ClientResponse, seconds: float = 3) -> dict[str, str]:
    """The next event of a stream; heartbeats are passed over."""
    event: dict[str, str] = {}
    async with asyncio.timeout(seconds):
        while True:
            line = (await response.content.readline()).decode().rstrip("\n")
            if not line and event:
                return event
            name, _, value = line.partition(": ")
            if name:
                event[name] = value


def test_every_event_and_no_command_is_heard() -> None:
    """What is new in the contracts is heard without a change here."""
    names = {model.type_name() for model in EVENTS}
    assert {"gateway.UserRegistered", "ledger.EscrowFunded", "marketplace.TradeReleased"} <= names
    assert "ledger.FundEscrow" not in names


async def test_each_person_has_numbers_without_gaps(gateway: Any) -> None:
    """Many batches at once, each for several people: every person's numbers are 1, 2, 3."""
    people = [new_id() for _ in range(4)]
    batches = [
        records([moved(*people[n % 4 :], *people[: n % 3]), opened(people[n % 4]), opened(None)])
        for n in range(20)
    ]
    heard = consumer(gateway)
    await asyncio.gather(*(heard.handle(batch) for batch in batches))
    kept = [await rows_of(gateway, person) for person in people]
    assert all([row[0] for row in rows] == list(range(1, len(rows) + 1)) for rows in kept)
    expected = sum(len(dict.fromkeys([*people[n % 4 :], *people[: n % 3]])) + 1 for n in range(20))
    assert sum(map(len, kept)) == expected


async def test_a_repeat_is_not_shown_again(gateway: Any) -> None:
    """A batch that Kafka delivers twice is numbered once."""
    person = new_id()
    batch = records([opened(person), opened(person)])
    for _ in range(2):
        await consumer(gateway).handle(batch)
    assert [row[0] for row in await rows_of(gateway, person)] == [1, 2]


async def test_balances_of_others_are_not_kept_for_a_person(gateway: Any) -> None:
    """What a person may not see is not in their rows either."""
    ana, ben = new_id(), new_id()
    await consumer(gateway).handle(records([moved(ana, ben)]))
    (row,) = await rows_of(gateway, ana)
    assert "1000" in row[2]
    assert "1001" not in row[2]


async def test_events_come_live(gateway: Any) -> None:
    """A stream shows what happens after it was opened, in order, to whom it concerns."""
    user_id, token = await gateway.person()
    me = UUID(user_id)
    await consumer(gateway).handle(records([opened(me)]))
    async with stream(gateway, token) as response:
        await consumer(gateway).handle(records([opened(new_id()), moved(me), opened(me)]))
        first, second = await next_event(response), await next_event(response)
    assert (first["id"], first["event"]) == ("2", "ledger.TransferPosted")
    assert (second["id"], second["event"]) == ("3", "ledger.AccountOpened")
    assert json.loads(second["data"])["owner_id"] == user_id


async def test_a_stream_resumes_without_gap_or_repeat(gateway: Any) -> None:
    """After a break the next event is the one after the last that was seen."""
    user_id, token = await gateway.person()
    me = UUID(user_id)
    await consumer(gateway).handle(records([opened(me) for _ in range(250)]))
    async with stream(gateway, token, **{"Last-Event-ID": "7"}) as response:
        seen = [int((await next_event(response))["id"]) for _ in range(243)]
        assert seen == list(range(8, 251))
        await consumer(gateway).handle(records([opened(me)]))
        assert (await next_event(response))["id"] == "251"


async def test_the_number_may_come_in_the_query(gateway: Any) -> None:
    """A browser's first connection cannot set a header."""
    user_id, token = await gateway.person()
    await consumer(gateway).handle(records([opened(UUID(user_id))]))
    headers = {"Authorization": f"Bearer {token}"}
    url = gateway.address + "/v1/events?last_event_id=0"
    async with gateway.client.get(url, headers=headers) as response:
        while await response.content.readline() != b"\n":
            pass
        assert (await next_event(response))["id"] == "1"


async def test_another_process_is_heard_by_polling(gateway: Any) -> None:
    """What another process commits comes within a second."""
    user_id, token = await gateway.person()
    elsewhere = Consumer(subscribe_live(hub_module.Hub(Valkey(None))), gateway.resources.database)
    async with stream(gateway, token) as response:
        await elsewhere.handle(records([opened(UUID(user_id))]))
        assert (await next_event(response, 1.5))["id"] == "1"


async def test_what_was_forgotten_is_said(gateway: Any) -> None:
    """Who missed more than is kept is told so, and goes on with what there is."""
    user_id, token = await gateway.person()
    me = UUID(user_id)
    await consumer(gateway).handle(records([opened(me) for _ in range(500)]))
    await consumer(gateway).handle(records([opened(me) for _ in range(510)]))
    await prune_events(gateway.resources)
    kept = await rows_of(gateway, me)
    assert len(kept) == KEPT_MAX
    async with stream(gateway, token, **{"Last-Event-ID": "3"}) as response:
        gap, first = await next_event(response), await next_event(response)
    assert gap["event"] == "gateway.EventsForgotten"
    assert json.loads(gap["data"]) == {"after": 3, "before": 11}
    assert first["id"] == "11"


async def test_old_events_are_forgotten(gateway: Any) -> None:
    """Seven days are kept."""
    person = new_id()
    await consumer(gateway).handle(records([opened(person), opened(person)]))
    old = datetime.now(UTC) - timedelta(days=8)
    async with gateway.resources.database.transaction() as conn:
        await conn.execute("DELETE FROM live_event WHERE user_id = $1 AND seq = 1", person)
        await queries.insert_live(conn, [(person, 1, new_id(), "a.B", {}, old)])
    await prune_events(gateway.resources)
    assert [row[0] for row in await rows_of(gateway, person)] == [2]


@pytest.mark.parametrize("last", ["x", "-1", "99999999999999999999"])
async def test_a_number_that_is_none_is_refused(gateway: Any, last: str) -> None:
    """A 422 that names the header."""
    _, token = await gateway.person()
    response, problem = await gateway.send(
        "GET", "/v1/events", token=token, headers={"Last-Event-ID": last}
    )
    assert response.status == 422
    assert problem["errors"][0]["field"] == "Last-Event-ID"


async def test_streams_of_one_person_are_limited(gateway: Any) -> None:
    """The ninth is refused; when one is closed there is room again."""
    _, token = await gateway.person()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(8):
            await stack.enter_async_context(stream(gateway, token))
        response, problem = await gateway.send("GET", "/v1/events", token=token)
        assert response.status == 429
        assert problem["type"] == "urn:localex:problem:too-many-streams"
        assert response.headers["Retry-After"] == "15"
    for _ in range(50):
        if not gateway.resources.extra["hub"]._streams:
            break
        await asyncio.sleep(0.05)
    async with stream(gateway, token):
        pass


async def test_a_stream_needs_a_session(gateway: Any) -> None:
    """Nobody listens to others."""
    response, _ = await gateway.send("GET", "/v1/events")
    assert response.status == 401


async def test_a_stream_ends_with_its_session(
    gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After log-out the stream ends at its next check."""
    monkeypatch.setattr("gateway.live.stream.HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr("gateway.live.stream.CHECK_SECONDS", 0.1)
    _, token = await gateway.person()
    async with stream(gateway, token) as response:
        assert (await response.content.readline()) == b": heartbeat\n"
        await gateway.send("DELETE", "/v1/sessions/current", token=token)
        async with asyncio.timeout(3):
            while await response.content.readline():
                pass


async def test_events_reach_the_person_who_registered(gateway: Any) -> None:
    """The first event of a person is their own registration."""
    person = new_id()
    event = UserRegistered(
        user_id=person, display_name="A", community="c", roles=("MEMBER",), version=1
    )
    await consumer(gateway).handle(records([event]))
    assert [row[1] for row in await rows_of(gateway, person)] == ["gateway.UserRegistered"]

"""Profiles over HTTP, and progress from what services tell, on the real database."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.consumer import Consumer
from chassis.ids import new_id
from contracts.cloudevents import envelope_of, write_headers
from contracts.marketplace_trades import TradeReleased
from contracts.topics import SOURCES
from gateway.profiles.consumers import PROGRESS


async def patch(gateway: Any, token: str, body: dict[str, Any], key: str = "") -> tuple[Any, Any]:
    """Change the profile."""
    answer: tuple[Any, Any] = await gateway.send(
        "PATCH",
        "/v1/me/profile",
        json=body,
        token=token,
        headers={"Idempotency-Key": key or uuid4().hex},
    )
    return answer


async def test_a_profile_has_what_is_usual(gateway: Any) -> None:
    """Until somebody says otherwise."""
    user_id, token = await gateway.person()
    response, shown = await gateway.send("GET", "/v1/me/profile", token=token)
    assert response.status == 200
    assert (shown["user_id"], shown["time_zone"], shown["mascot"]) == (user_id, "UTC", "ACQUA")
    assert shown["progress"] == {
        "points": 0,
        "level": "NEWCOMER",
        "streak_days": 0,
        "longest_streak_days": 0,
    }
    assert shown["last_login_at"] is not None


async def test_a_profile_changes_by_parts(gateway: Any) -> None:
    """What is left out stays; a place can be taken back."""
    _, token = await gateway.person()
    await patch(gateway, token, {"time_zone": "Asia/Kolkata", "city": "Pune", "mascot": "CORAL"})
    _, shown = await patch(gateway, token, {"city": None, "domains": ["DEFI", "TRADING"]})
    assert (shown["time_zone"], shown["city"], shown["mascot"]) == ("Asia/Kolkata", None, "CORAL")
    assert (shown["domains"], shown["version"]) == (["DEFI", "TRADING"], 2)


async def test_a_new_name_is_told(gateway: Any) -> None:
    """The services that show it follow; the session shows it, too."""
    user_id, token = await gateway.person()
    key = uuid4().hex
    for _ in range(2):
        response, shown = await patch(gateway, token, {"display_name": "Ana Maria"}, key)
    assert response.headers["Idempotency-Replayed"] == "true"
    assert shown["display_name"] == "Ana Maria"
    async with gateway.resources.database.connection() as conn:
        rows = await conn.fetch("SELECT payload FROM outbox WHERE key = $1 ORDER BY id", user_id)
    assert len(rows) == 2
    assert '"display_name":"Ana Maria"' in rows[-1]["payload"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"mascot": None}, "body"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"language": "English"}, "language"),
        ({"currency": "XXX"}, "currency"),
        ({"mascot": "DRAGON"}, "mascot"),
        ({"domains": ["LOTTERY"]}, "domains.0"),
        ({"city": "a\u202eb"}, "city"),
        ({"neighbourhood": "x" * 81}, "neighbourhood"),
    ],
)
async def test_bad_profiles_are_named(gateway: Any, body: dict[str, Any], field: str) -> None:
    """Each by its field."""
    _, token = await gateway.person()
    response, problem = await patch(gateway, token, body)
    assert response.status == 422
    assert problem["errors"][0]["field"] == field


def released(buyer: UUID, seller: UUID, at: datetime) -> Any:
    """A released trade, as Kafka would hand it over."""
    message = TradeReleased.model_validate(
        {
            "trade_id": new_id(),
            "version": 5,
            "item_id": new_id(),
            "item_title": "Bicycle",
            "buyer_id": buyer,
            "seller_id": seller,
            "quantity": 1,
            "amount_minor": "100",
            "asset": "LXC",
            "fee_minor": "0",
            "state": "released",
            "changed_at": at,
        }
    )
    envelope = envelope_of(
        message, event_id=new_id(), source=SOURCES[message.TOPIC], occurred_at=at
    )
    headers = [(name, value.encode()) for name, value in write_headers(envelope).items()]
    value = message.model_dump_json().encode()
    return SimpleNamespace(topic=message.TOPIC, partition=0, offset=0, headers=headers, value=value)


async def progress(gateway: Any, *people: str) -> list[tuple[int, int]]:
    """Points and streak of each."""
    async with gateway.resources.database.connection() as conn:
        rows = await conn.fetch("SELECT * FROM progress WHERE user_id = ANY($1)", people)
    found = {str(row["user_id"]): (row["points"], row["streak_days"]) for row in rows}
    return [found[person] for person in people]


async def test_points_and_streaks_grow_from_trades(gateway: Any) -> None:
    """Each side by the days of their own time zone."""
    buyer, token = await gateway.person()
    seller, _ = await gateway.person()
    await patch(gateway, token, {"time_zone": "Asia/Kolkata"})
    # Half past eleven in the evening and half past midnight in Kolkata are one day in UTC.
    evening = datetime(2026, 11, 16, 18, 0, tzinfo=UTC)
    consumer = Consumer(PROGRESS, gateway.resources.database)
    for late in (timedelta(0), timedelta(hours=1)):
        await consumer.handle([released(UUID(buyer), UUID(seller), evening + late)])
    assert await progress(gateway, buyer, seller) == [(100, 2), (100, 1)]


async def test_a_deed_that_is_told_twice_counts_once(gateway: Any) -> None:
    """In one batch or in two; in one with others of the same people, too."""
    buyer, seller = [(await gateway.person())[0] for _ in range(2)]
    now = datetime.now(UTC)
    first, second = (released(UUID(buyer), UUID(seller), now) for _ in range(2))
    consumer = Consumer(PROGRESS, gateway.resources.database)
    for batch in ([first, first], [second, first], [second]):
        await consumer.handle(batch)
    assert await progress(gateway, buyer, seller) == [(100, 1), (100, 1)]

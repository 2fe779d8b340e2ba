"""Digests at the hour of each person's zone, on the real database with a clock that is moved."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.gateway.tests.notifications.conftest import Person, Town
from services.gateway.tests.notifications.telling import trade

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def until(town: Town, local: str, zone: str = "Europe/Amsterdam") -> timedelta:
    """From now to a local time of tomorrow."""
    tomorrow = town.clock.now().astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    at = datetime.fromisoformat(f"{tomorrow} {local}").replace(tzinfo=ZoneInfo(zone))
    return at.astimezone(UTC) - town.clock.now()


async def in_zone(person: Person, zone: str) -> None:
    """They are there from now on."""
    response, found = await person.ask("PATCH", "/me/profile", {"time_zone": zone})
    assert response.status == 200, found


async def move(town: Town, by: timedelta) -> None:
    """Time goes by and the post goes out."""
    await town.later(seconds=by.total_seconds())


def at_noon(town: Town) -> None:
    """Begin at noon in Amsterdam, so that the next 08:00 is tomorrow's."""
    now = town.clock.now()
    noon = now.astimezone(AMSTERDAM).replace(hour=12, minute=0, second=0, microsecond=0)
    town.clock.move(noon.astimezone(UTC) - now)


async def test_a_daily_digest_comes_once_at_ones_own_hour(town: Town) -> None:
    """Three things in one mail, at eight in Amsterdam, not a minute before, and no other."""
    at_noon(town)
    ana = await town.person()
    await in_zone(ana, "Europe/Amsterdam")
    await ana.choose(trade_offered="daily")
    await town.hear(*(trade("TradeOffered", seller=ana.id) for _ in range(3)))
    await move(town, until(town, "07:59"))
    assert town.mails(ana.email) == []
    await town.later(minutes=1)
    [digest] = town.mails(ana.email)
    assert digest["subject"] == "LocalEx: 3 things happened"
    assert digest["text"].count("- You have an offer") == 3
    await town.later(days=3)
    assert len(town.mails(ana.email)) == 1


async def test_a_digest_follows_its_person_into_another_zone(town: Town) -> None:
    """Eight in Kathmandu is earlier than in Amsterdam; what waits is looked at again."""
    at_noon(town)
    ana = await town.person()
    await in_zone(ana, "Europe/Amsterdam")
    await ana.choose(trade_offered="daily")
    await town.hear(trade("TradeOffered", seller=ana.id))
    await in_zone(ana, "Asia/Kathmandu")
    early = until(town, "08:00", "Asia/Kathmandu")
    assert early < until(town, "08:00")
    await move(town, early - timedelta(minutes=1))
    assert town.mails(ana.email) == []
    await town.later(minutes=1)
    assert len(town.mails(ana.email)) == 1


async def test_another_hour_holds_for_what_waits(town: Town) -> None:
    """Chosen after it happened."""
    at_noon(town)
    ana = await town.person()
    await in_zone(ana, "Europe/Amsterdam")
    await ana.choose(hour=8, trade_offered="daily")
    await town.hear(trade("TradeOffered", seller=ana.id))
    await ana.choose(hour=20, trade_offered="daily")
    await town.later(hours=7, minutes=59)
    assert town.mails(ana.email) == []
    await town.later(minutes=1)
    assert len(town.mails(ana.email)) == 1


async def test_weekly_and_daily_come_apart(town: Town) -> None:
    """What is for every day does not take along what is for the week."""
    at_noon(town)
    ana = await town.person()
    today = town.clock.now().isoweekday()
    in_three_days = (today + 2) % 7 + 1
    await ana.choose(hour=8, weekday=in_three_days, trade_offered="daily", trade_funded="weekly")
    await town.hear(trade("TradeOffered", seller=ana.id), trade("TradeFunded", seller=ana.id))
    await move(town, until(town, "08:00", "UTC"))
    [daily] = town.mails(ana.email)
    assert "You have an offer" in daily["text"]
    assert "set aside" not in daily["text"]
    await town.later(days=2)
    assert len(town.mails(ana.email)) == 2
    assert "set aside" in town.mails(ana.email)[-1]["text"]


async def test_what_is_not_wanted_any_more_is_in_no_digest(town: Town) -> None:
    """It stays in the app."""
    ana = await town.person()
    await ana.choose(trade_offered="daily")
    await town.hear(trade("TradeOffered", seller=ana.id))
    await ana.choose(trade_offered="never")
    await town.later(days=8)
    assert town.mails(ana.email) == []
    waiting = await town.rows("SELECT waits FROM notification WHERE user_id = $1", ana.id)
    assert waiting == [{"waits": False}]


async def test_digests_are_gathered_by_one_of_several(town: Town) -> None:
    """Who comes second passes over whom another looks at."""
    ana = await town.person()
    await ana.choose(trade_offered="daily")
    await town.hear(trade("TradeOffered", seller=ana.id))
    town.clock.move(timedelta(days=2))
    database = town.gateway.resources.database
    async with database.transaction() as conn:
        await conn.execute("SELECT FROM notification_box WHERE user_id = $1 FOR UPDATE", ana.id)
        await town.post()
        assert town.mails(ana.email) == []
    await town.post()
    assert len(town.mails(ana.email)) == 1
    # Back, so that the session is open for the next test's look.
    town.clock.move(timedelta(days=-2))

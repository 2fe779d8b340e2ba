"""From an event to a notification and a mail, on the real database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.consumer import Consumer
from chassis.ids import new_id
from chassis.timers import TimerWorker
from contracts.gateway import SecurityChanged, UserErased, UserErasurePostponed, UserLeft
from gateway.live.hub import Hub
from gateway.notifications.consumers import REMINDER, subscribe_notifications
from gateway.notifications.lifecycle import NOTICES_A_WINDOW
from gateway.notifications.prune import prune_notifications
from gateway.notifications.remind import remind_of_gift
from gateway.users.erase import erase_user
from services.gateway.tests.conftest import settled
from services.gateway.tests.live.test_live import records
from services.gateway.tests.notifications.conftest import Town
from services.gateway.tests.notifications.telling import BEN, NOW, gift, message, moved, trade


def changed(who: Any, what: str = "app_added") -> SecurityChanged:
    """Something about a person's safety."""
    return SecurityChanged.model_validate({"user_id": who.id, "change": what, "changed_at": NOW})


async def test_an_offer_is_told_once_in_the_app_and_by_mail(town: Town) -> None:
    """Heard twice, it is one notification and one mail."""
    ana = await town.person()
    await town.hear(trade("TradeOffered", seller=ana.id), again=True)
    await town.post()
    listed = await ana.list()
    [one] = listed["notifications"]
    assert (one["kind"], one["read_at"], listed["unread_count"]) == ("trade_offered", None, 1)
    assert one["title"] == "You have an offer of 10.00 LXC for Garden chair"
    assert one["data"]["trade_id"] == "00000000-0000-0000-0000-000000000001"
    [mail] = town.mails(ana.email)
    assert mail["subject"] == "LocalEx: You have an offer of 10.00 LXC for Garden chair"
    assert "Hello Ana" in mail["text"]
    await town.later(days=1)
    assert len(town.mails(ana.email)) == 1


async def test_the_table_itself_bears_a_repeat(town: Town) -> None:
    """Should the inbox have forgotten: one event is one notification of a kind."""
    ana = await town.person()
    heard = records([trade("TradeOffered", seller=ana.id)])
    hub: Hub = town.gateway.resources.extra["hub"]
    heard_by = subscribe_notifications(hub, town.clock)
    for group in (heard_by.group, "gateway.notifications_again"):
        subscription = replace(heard_by, group=group)
        await Consumer(subscription, town.gateway.resources.database).handle(heard)
    assert len((await ana.list())["notifications"]) == 1
    # Nor is a repeat a failure, which would be given up after its tries.
    dead = "SELECT reason FROM dead_letter WHERE consumer = 'gateway.notifications_again'"
    assert await town.rows(dead) == []


async def test_it_is_told_live(town: Town) -> None:
    """With the number of those that are unread, numbered among the person's events."""
    ana = await town.person()
    await town.hear(trade("TradeOffered", seller=ana.id), message("MessageSent", seller=ana.id))
    rows = await town.rows(
        "SELECT seq, data FROM live_event WHERE user_id = $1"
        " AND type_name = 'gateway.NotificationMade' ORDER BY seq",
        ana.id,
    )
    assert [row["data"]["kind"] for row in rows] == ["trade_offered", "message_received"]
    assert rows[-1]["data"]["unread_count"] == 2


async def test_an_address_that_was_not_shown_gets_warnings_only(town: Town) -> None:
    """Whoever registers with another's address writes them no letters."""
    ana = await town.person(verified=False)
    await town.hear(trade("TradeOffered", seller=ana.id), changed(ana))
    await town.post()
    assert [one["subject"] for one in town.mails(ana.email)] == [
        "LocalEx: An authenticator app was added to your account"
    ]
    assert (await ana.list())["unread_count"] == 2


async def test_history_is_not_news(town: Town) -> None:
    """Of the day before yesterday: in the digest; of last week: nowhere; a warning at once."""
    ana = await town.person()
    today = datetime.now(UTC)
    await town.hear(trade("TradeOffered", seller=ana.id), at=today - timedelta(days=8))
    assert (await ana.list())["notifications"] == []
    await town.hear(trade("TradeOffered", seller=ana.id), at=today - timedelta(days=2))
    await town.post()
    assert len((await ana.list())["notifications"]) == 1
    assert town.mails(ana.email) == []
    await town.hear(changed(ana), at=today - timedelta(days=2))
    await town.post()
    assert len(town.mails(ana.email)) == 1


async def test_a_gift_is_spoken_of_again_before_its_end(town: Town) -> None:
    """Once, by a timer that outlives the process."""
    ana = await town.person()
    ends = town.clock.now() + timedelta(days=30)
    await town.hear(gift(owner_id=ana.id, gift_id=new_id(), expires_at=ends), again=True)
    worker = TimerWorker(town.gateway.resources.database, town.clock, {REMINDER: remind_of_gift})
    town.clock.move(timedelta(days=26))
    assert await worker.fire_due() == 0
    town.clock.move(timedelta(days=1))
    assert await worker.fire_due() == 1
    await town.post()
    assert f"ends on {ends.date()}" in town.mails(ana.email)[-1]["subject"]
    assert len(town.mails(ana.email)) == 2


async def test_strangers_are_told_nothing(town: Town) -> None:
    """Neither people of elsewhere nor what does not concern one."""
    ana, eve = await town.person(), await town.person()
    await town.hear(trade("TradeOffered", seller=ana.id))
    assert (await eve.list())["notifications"] == []
    assert len(await town.rows("SELECT FROM notification WHERE user_id = $1", ana.id)) == 1


async def test_more_than_ten_an_hour_come_together(town: Town) -> None:
    """Ten mails, and the others in one, an hour later."""
    ana = await town.person()
    many = [trade("TradeOffered", seller=ana.id) for _ in range(NOTICES_A_WINDOW + 5)]
    await town.hear(*many)
    await town.post()
    assert len(town.mails(ana.email)) == NOTICES_A_WINDOW
    await town.later(minutes=59)
    assert len(town.mails(ana.email)) == NOTICES_A_WINDOW
    await town.later(minutes=1)
    mails = town.mails(ana.email)
    assert len(mails) == NOTICES_A_WINDOW + 1
    assert mails[-1]["subject"] == "LocalEx: 5 things happened"
    await town.hear(trade("TradeOffered", seller=ana.id))
    await town.post()
    assert len(town.mails(ana.email)) == NOTICES_A_WINDOW + 2


async def test_warnings_go_out_when_notices_have_had_their_share(town: Town) -> None:
    """They have twenty of their own."""
    ana = await town.person()
    await town.hear(*(trade("TradeOffered", seller=ana.id) for _ in range(NOTICES_A_WINDOW + 1)))
    await town.hear(changed(ana))
    await town.post()
    subjects = [one["subject"] for one in town.mails(ana.email)]
    assert len(subjects) == NOTICES_A_WINDOW + 1
    assert "LocalEx: An authenticator app was added to your account" in subjects


async def test_who_leaves_is_warned_and_told_what_postpones_it(town: Town) -> None:
    """By mail, whatever they have chosen: it may have been somebody else."""
    ana = await town.person()
    town.gateway.upstream.answer = settled
    _, departure = await ana.ask("DELETE", "/me")
    until = datetime.fromisoformat(departure["erase_at"])
    await town.hear(UserLeft(user_id=ana.id, version=2, erase_at=until))
    await town.hear(
        UserErasurePostponed(user_id=ana.id, version=3, erase_at=until, because="money-is-left")
    )
    await town.post()
    day = until.date().isoformat()
    assert [one["subject"] for one in town.mails(ana.email)] == [
        f"LocalEx: You left, and are erased on {day}. Log in before then to stay",
        f"LocalEx: You are not erased before {day}: money is on your accounts",
    ]


async def test_whoever_is_erased_is_forgotten_and_told_nothing_more(town: Town) -> None:
    """What they were told, what is under way, and how they chose."""
    ana = await town.person()
    await ana.choose(trade_offered="daily")
    await town.hear(trade("TradeOffered", seller=ana.id), changed(ana))
    town.gateway.upstream.answer = settled
    response, _ = await ana.ask("DELETE", "/me")
    assert response.status == 200
    async with town.gateway.resources.database.transaction() as conn:
        assert await erase_user(conn, ana.id, now=town.clock.now() + timedelta(days=31))
    await town.hear(UserErased(user_id=ana.id, version=3, erased_at=town.clock.now()))
    await town.hear(trade("TradeOffered", seller=ana.id))
    await town.later(days=2)
    assert town.mails(ana.email) == []
    for table in ("notification", "notification_mail", "notification_box", "notification_choice"):
        assert await town.rows(f"SELECT FROM {table} WHERE user_id = $1", ana.id) == []


async def test_no_words_of_people_and_no_addresses_are_kept(town: Town) -> None:
    """A notification says by ids what it is about."""
    ana = await town.person()
    await town.hear(
        message("MessageSent", seller=ana.id),
        trade("TradeDisputed", seller=ana.id, by_id=BEN, reason="my secret reason"),
    )
    for row in await town.rows("SELECT data FROM notification WHERE user_id = $1", ana.id):
        assert "secret" not in str(row["data"])
        assert ana.email not in str(row["data"])


async def test_what_is_old_is_forgotten(town: Town) -> None:
    """After 90 days, and the oldest beyond a thousand."""
    ana = await town.person()
    await town.hear(
        trade("TradeOffered", seller=ana.id), moved("transfer", payer=BEN, payee=ana.id)
    )
    await town.post()
    await prune_notifications(town.gateway.resources)
    assert len((await ana.list())["notifications"]) == 2
    town.clock.move(timedelta(days=91))
    await prune_notifications(town.gateway.resources)
    town.clock.move(timedelta(days=-91))
    assert (await ana.list())["notifications"] == []
    assert await town.rows("SELECT FROM notification_mail WHERE user_id = $1", ana.id) == []

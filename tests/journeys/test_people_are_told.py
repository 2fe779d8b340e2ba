"""Ben offers; Ana is told in the app, live and by mail; then she wants a digest a day."""

import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.journeys.people import Actor, eventually, listening, somebody
from tests.stack.plugin import System


def mailbox(system: System, person: Actor) -> Callable[[], Awaitable[list[Any]]]:
    """Looks at what was mailed to somebody."""
    path = Path(system.settings["GATEWAY_MESSAGES_FILE"])

    async def look() -> list[Any]:
        lines = path.read_text().splitlines() if path.exists() else []
        return [one for one in map(json.loads, lines) if one["to"] == person.email]

    return look


async def proves_her_address(system: System, person: Actor) -> None:
    """By the code that is sent there."""
    await person.client.ask_code(person.email)
    [letter] = await eventually(mailbox(system, person), bool)
    found = re.search(r"\b\d{8}\b", letter["text"])
    assert found is not None
    await person.client.show_code(person.email, found[0])


async def test_an_offer_is_told_and_a_digest_comes_the_next_day(
    system: System, move_clock: Callable[[timedelta], None]
) -> None:
    """One mail at once; then three things in one, at her hour of the next day."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="50.00") as ben,
        listening(ana),
    ):
        await proves_her_address(system, ana)
        mails = mailbox(system, ana)
        chair = await ana.client.create_item("Garden chair", price="10.00", quantity=5)
        await ben.client.offer(chair.id, "10.00")
        [letter] = (await eventually(mails, lambda seen: len(seen) == 2))[1:]
        assert letter["subject"] == "LocalEx: You have an offer of 10.00 LXC for Garden chair"
        assert letter["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        page = await ana.client.notifications()
        assert [one.kind for one in page.notifications] == ["trade_offered"]
        assert page.unread_count == 1
        assert "gateway.NotificationMade" in [event.type for event in ana.heard]
        assert await ana.client.read_notifications([page.notifications[0].id]) == 0

        kept = await ana.client.choose_notifications({"trade_offered": "daily"})
        assert (kept.version, kept.email_verified) == (1, True)
        for amount in ("7.00", "8.00", "9.00"):
            await ben.client.offer(chair.id, amount)
        await eventually(ana.client.notifications, lambda seen: seen.unread_count == 3)
        assert len(await mails()) == 2
        move_clock(timedelta(days=1))
        [digest] = (await eventually(mails, lambda seen: len(seen) == 3))[2:]
        assert digest["subject"] == "LocalEx: 3 things happened"
        for amount in ("7.00", "8.00", "9.00"):
            assert f"- You have an offer of {amount} LXC for Garden chair" in digest["text"]

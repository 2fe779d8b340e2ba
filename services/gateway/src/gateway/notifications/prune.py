"""Forget old notifications and mails."""

from typing import Final

from chassis.resources import Resources
from gateway.notifications.lifecycle import KEPT, KEPT_MAX, MAIL_LIFE
from gateway.notifications.mails import queries
from gateway.users.find_recipients import FORMER
from gateway.users.forget_former import forget_former

ROUNDS_MAX: Final = 20


async def prune_notifications(resources: Resources) -> None:
    """Keep the last 1,000 notifications of each person for 90 days, and mails as long.

    Mails that could not be sent for three days are dead.

    Args:
        resources: With the database and the clock.
    """
    now = resources.clock.now()
    for _ in range(ROUNDS_MAX):
        async with resources.database.transaction() as conn:
            done = await queries.expire_mails(conn, now, MAIL_LIFE)
            done += await queries.delete_old(conn, now - KEPT, KEPT_MAX)
            await forget_former(conn, now - FORMER)
        if not done:
            return

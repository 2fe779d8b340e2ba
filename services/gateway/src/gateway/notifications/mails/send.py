"""Send mails that are due."""

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from chassis.logs import get_logger
from chassis.resources import Resources
from gateway.notifications import queries as notification_queries
from gateway.notifications.compose import Composer, Facts
from gateway.notifications.lifecycle import next_try
from gateway.notifications.mails import queries
from gateway.notifications.models import Due
from gateway.profiles.find_settings import find_settings
from gateway.users.find_recipients import find_recipients
from gateway.users.models import Recipient
from gateway.verification.postman import Postman, Undeliverable

log = get_logger(__name__)

BATCH_MAX: Final = 16
ROUNDS_MAX: Final = 20


async def send_mails(resources: Resources) -> None:
    """Send what is due; what fails is due again later, and dead after the last of its tries.

    A mail is looked at anew before it leaves: one that nobody wants any more is dropped. A process
    that dies meanwhile leaves what it had taken due again after some minutes: such a mail may go
    out twice, with the same Message-ID. Without anybody who carries e-mail all of them wait.

    Args:
        resources: With the database, the clock, the postman and the composer.
    """
    postman: Postman = resources.extra["postman"]
    if not postman.carries("email"):
        return
    for _ in range(ROUNDS_MAX):
        now = resources.clock.now()
        async with resources.database.transaction() as conn:
            due = await queries.take_due(conn, now, BATCH_MAX)
        if due:
            await _send_all(resources, due)
        if len(due) < BATCH_MAX:
            return


async def _send_all(resources: Resources, due: list[Due]) -> None:
    people = sorted({one.user_id for one in due})
    async with resources.database.connection() as conn:
        contents = await queries.select_contents(conn, [one.id for one in due])
        recipients = await find_recipients(conn, people, now=resources.clock.now())
        settings = await find_settings(conn, people)
        habits = await notification_queries.select_habits(conn, people)
    for one in due:
        told = [
            (kind, data)
            for kind, data in contents.get(one.id, ())
            if habits[one.user_id].choice(kind).email != "never"
        ]
        addresses = _addresses(recipients, one)
        if not told or not addresses:
            await _end(resources, one, "dropped", "unwanted" if addresses else "no-address")
            continue
        facts = Facts(
            one.id,
            one.user_id,
            one.kind,
            recipients[one.user_id].display_name,
            settings.get(one.user_id, ("", ""))[1],
            told,
        )
        await _send(resources, one, facts, addresses)


def _addresses(recipients: Mapping[UUID, Recipient], one: Due) -> list[str]:
    """Where a mail goes: what warns goes to what was theirs until lately, too."""
    found = recipients.get(one.user_id)
    if found is None or not found.email:
        return []
    if one.kind == "security":
        return [found.email, *found.former]
    return [found.email] if found.verified else []


async def _send(resources: Resources, one: Due, facts: Facts, addresses: list[str]) -> None:
    composer: Composer = resources.extra["composer"]
    postman: Postman = resources.extra["postman"]
    refused = 0
    for address in addresses:
        try:
            await postman.deliver(composer.compose(facts, address))
        except Undeliverable:
            refused += 1
        except Exception as error:  # noqa: BLE001 - a mail that can't be written harms no neighbour
            # The text of an error may hold an address; its name does not.
            await _postpone(resources, one, type(error).__name__)
            return
    if refused == len(addresses):
        await _end(resources, one, "dead", "refused")
    else:
        await _end(resources, one, "sent", None)


async def _end(resources: Resources, one: Due, state: Any, error: str | None) -> None:
    now = resources.clock.now()
    async with resources.database.transaction() as conn:
        await queries.end_mail(conn, one.id, state, error, now)
    if state == "dead":
        log.warning("notifications.mail_dead", mail=str(one.id), error=error)


async def _postpone(resources: Resources, one: Due, error: str) -> None:
    now = resources.clock.now()
    again_at = next_try(one.attempts, now, random.random())  # noqa: S311 - spreads load
    if again_at is None:
        await _end(resources, one, "dead", error)
        return
    async with resources.database.transaction() as conn:
        await queries.postpone_mail(conn, one.id, again_at, error)
    pause = again_at - now
    log.info(
        "notifications.mail_not_sent",
        mail=str(one.id),
        attempts=one.attempts,
        error=error,
        again_in_seconds=pause // timedelta(seconds=1),
    )

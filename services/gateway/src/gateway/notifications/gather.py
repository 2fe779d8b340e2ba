"""Gather digests."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from chassis.ids import new_id
from chassis.resources import Resources
from gateway.notifications import queries
from gateway.notifications.lifecycle import Box, sort_waiting
from gateway.profiles.find_settings import find_settings
from gateway.profiles.lifecycle import zone_of

PEOPLE_MAX: Final = 20
ROUNDS_MAX: Final = 50


async def gather_digests(resources: Resources) -> None:
    """Make one mail of all that waits for each person whose hour has come.

    When that is follows from their hour, day and zone as they are now, so that whoever changes one
    of them is looked at again.

    Args:
        resources: With the database and the clock.
    """
    for _ in range(ROUNDS_MAX):
        if await _gather_some(resources) < PEOPLE_MAX:
            return


async def _gather_some(resources: Resources) -> int:
    now = resources.clock.now()
    async with resources.database.transaction() as conn:
        people = await queries.take_digests(conn, now, PEOPLE_MAX)
        if not people:
            return 0
        boxes = await queries.lock_boxes(conn, people, now)
        waiting = await queries.select_waiting(conn, people)
        habits = await queries.select_habits(conn, people)
        settings = await find_settings(conn, people)
        mails: list[tuple[UUID, UUID, str]] = []
        filled: list[tuple[UUID, UUID | None]] = []
        after: list[Box] = []
        for person in people:
            zone = zone_of(settings.get(person, ("UTC", ""))[0])
            found = sort_waiting(waiting.get(person, ()), habits[person], zone, now)
            filled += [(one, None) for one in found.unwanted]
            if found.due:
                mail_id = new_id()
                mails.append((mail_id, person, "digest"))
                filled += [(one, mail_id) for one in found.due]
            after.append(
                replace(
                    boxes[person],
                    digest_waits=found.next_at is not None,
                    digest_at=found.next_at,
                )
            )
        await queries.insert_mails(conn, mails, now)
        await queries.fill_mails(conn, filled)
        await queries.update_boxes(conn, after)
    return len(people)

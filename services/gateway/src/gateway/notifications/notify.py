"""Tell people."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from gateway.live.lifecycle import News
from gateway.live.tell import tell_people
from gateway.notifications import queries
from gateway.notifications.lifecycle import (
    Box,
    Habits,
    Notice,
    in_window,
    is_security,
    next_digest,
    way_of,
)
from gateway.notifications.words import headline, language_of
from gateway.profiles.find_settings import find_settings
from gateway.profiles.lifecycle import zone_of
from gateway.users.find_recipients import find_recipients
from gateway.users.models import Recipient

#: What a stream says of a new notification.
MADE: Final = "gateway.NotificationMade"
_NOBODY: Final = Recipient("", None, verified=False, former=())

type _Row = tuple[UUID, Notice, bool, bool, UUID | None]


async def notify_people(
    conn: Connection, notices: Sequence[Notice], *, now: datetime, today: datetime
) -> list[UUID]:
    """Make a notification of each notice, and the mails that people have chosen.

    Args:
        conn: Open transaction; the caller commits, then wakes the streams of these people.
        notices: In the order in which they happened; none is older than is told at all.
        now: The clock's time.
        today: The machine's time, by which events are stamped.

    Returns:
        Who was told.
    """
    boxes = await queries.lock_boxes(conn, list({one.user_id for one in notices}), now)
    people = sorted(boxes)
    if not people:
        return []
    # Read when the boxes are locked: whoever told the same has committed.
    told = await queries.select_told(conn, notices)
    habits = await queries.select_habits(conn, people)
    recipients = await find_recipients(conn, people, now=now)
    settings = await find_settings(conn, people)
    rows: list[_Row] = []
    mails: list[tuple[UUID, UUID, str]] = []
    for notice in notices:
        name = (notice.user_id, notice.event_id, notice.kind)
        if notice.user_id not in boxes or name in told:
            continue
        told.add(name)
        person = notice.user_id
        row, boxes[person] = _decide(
            notice,
            habits[person],
            in_window(boxes[person], now),
            recipients.get(person, _NOBODY),
            zone=settings.get(person, ("UTC", ""))[0],
            now=now,
            today=today,
        )
        if row is not None:
            rows.append(row)
            if row[4] is not None:
                mails.append((row[4], person, "security" if is_security(notice.kind) else "notice"))
    await queries.insert_mails(conn, mails, now)
    await queries.insert_notifications(conn, rows, now)
    await queries.update_boxes(conn, list(boxes.values()))
    await _say(conn, rows, {person: language for person, (_, language) in settings.items()})
    return sorted({notice.user_id for _, notice, shown, _, _ in rows if shown})


def _decide(
    notice: Notice,
    habits: Habits,
    box: Box,
    recipient: Recipient,
    *,
    zone: str,
    now: datetime,
    today: datetime,
) -> tuple[_Row | None, Box]:
    """What becomes of a notice, and the person's box after it; no row for what nobody wants."""
    choice = habits.choice(notice.kind)
    way = way_of(
        notice.kind,
        choice.email,
        box,
        today - notice.occurred_at,
        reachable=recipient.email is not None,
        verified=recipient.verified,
    )
    if way == "none" and not choice.in_app:
        return None, box
    mail_id = None
    if way == "mail":
        mail_id = new_id()
        box = replace(box, mails_in_window=box.mails_in_window + 1)
    elif way == "digest":
        at = next_digest(now, choice.email, habits, zone_of(zone))
        # A box that is to be looked at now stays so.
        if box.digest_waits:
            at = None if box.digest_at is None or at is None else min(at, box.digest_at)
        box = replace(box, digest_waits=True, digest_at=at)
    return (new_id(), notice, choice.in_app, way == "digest", mail_id), box


async def _say(conn: Connection, rows: Sequence[_Row], languages: dict[UUID, str]) -> None:
    """Say live what is new, with how many are unread."""
    shown = [(row_id, notice) for row_id, notice, in_app, _, _ in rows if in_app]
    if not shown:
        return
    unread = await queries.count_unreads(conn, sorted({notice.user_id for _, notice in shown}))
    await tell_people(
        conn,
        [
            News(
                notice.user_id,
                row_id,
                MADE,
                {
                    "id": str(row_id),
                    "kind": notice.kind,
                    "title": headline(
                        language_of(languages.get(notice.user_id, "")), notice.kind, notice.data
                    ),
                    "data": notice.data,
                    "unread_count": unread[notice.user_id],
                },
                notice.occurred_at,
            )
            for row_id, notice in shown
        ],
    )

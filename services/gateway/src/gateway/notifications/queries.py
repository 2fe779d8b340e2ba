"""Statements of notifications: what people are told and how they chose."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from gateway.notifications.lifecycle import KEPT_MAX, Box, Choice, Habits, Notice, Waiting
from gateway.notifications.models import PreferencesWish

#: People who have left, or whom we do not know, have no box and are told nothing.
ENSURE_BOXES: Final = """
INSERT INTO notification_box (user_id, window_began_at, mails_in_window, digest_waits)
SELECT id, $2, 0, false FROM users WHERE id = ANY($1::uuid []) AND deleted_at IS NULL ORDER BY id
ON CONFLICT (user_id) DO NOTHING
"""
LOCK_BOXES: Final = """
SELECT b.user_id, b.window_began_at, b.mails_in_window, b.digest_waits, b.digest_at
FROM notification_box AS b
WHERE b.user_id = ANY($1::uuid []) ORDER BY b.user_id FOR UPDATE
"""
UPDATE_BOXES: Final = """
UPDATE notification_box AS b
SET
    window_began_at = n.window_began_at, mails_in_window = n.mails_in_window,
    digest_waits = n.digest_waits, digest_at = n.digest_at
FROM unnest($1::uuid [], $2::timestamptz [], $3::int [], $4::bool [], $5::timestamptz [])
AS n (user_id, window_began_at, mails_in_window, digest_waits, digest_at)
WHERE b.user_id = n.user_id
"""
SELECT_HABITS: Final = """
SELECT user_id, version, digest_hour, digest_weekday FROM notification_preference
WHERE user_id = ANY($1::uuid [])
"""
SELECT_CHOICES: Final = """
SELECT user_id, kind, in_app, email FROM notification_choice WHERE user_id = ANY($1::uuid [])
"""
UPSERT_PREFERENCE: Final = """
INSERT INTO notification_preference (
    user_id, version, digest_hour, digest_weekday, changed_at
)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (user_id) DO UPDATE SET
    version = $2, digest_hour = $3, digest_weekday = $4, changed_at = $5
"""
DELETE_CHOICES: Final = "DELETE FROM notification_choice WHERE user_id = $1"
INSERT_CHOICES: Final = """
INSERT INTO notification_choice (user_id, kind, in_app, email)
SELECT $1, kind, in_app, email
FROM unnest($2::text [], $3::bool [], $4::text []) AS n (kind, in_app, email)
"""
INSERT_MAILS: Final = """
INSERT INTO notification_mail (id, user_id, kind, created_at, due_at)
SELECT id, user_id, kind, $4, $4
FROM unnest($1::uuid [], $2::uuid [], $3::text []) AS n (id, user_id, kind)
"""
SELECT_TOLD: Final = """
SELECT user_id, event_id, kind FROM notification
WHERE (user_id, event_id) IN (SELECT * FROM unnest($1::uuid [], $2::uuid []))
"""
INSERT_NOTIFICATIONS: Final = """
INSERT INTO notification (
    id, user_id, kind, event_id, data, in_app, occurred_at, waits, mail_id, created_at
)
SELECT n.*, $10
FROM unnest(
    $1::uuid [], $2::uuid [], $3::text [], $4::uuid [], $5::jsonb [], $6::bool [],
    $7::timestamptz [], $8::bool [], $9::uuid []
) AS n
"""
SELECT_PAGE: Final = """
SELECT id, kind, data, occurred_at, read_at FROM notification
WHERE
    user_id = $1 AND in_app AND ($2::uuid IS NULL OR id < $2)
    AND NOT ($3 AND read_at IS NOT NULL)
ORDER BY id DESC LIMIT $4
"""
#: Up to as many as are kept: the count costs the same, however many payments somebody got.
COUNT_UNREADS: Final = """
SELECT person.id AS user_id, (
    SELECT count(*) FROM (
        SELECT 1 FROM notification AS n
        WHERE n.user_id = person.id AND n.in_app AND n.read_at IS NULL LIMIT $2
    ) AS few
) AS unread
FROM unnest($1::uuid []) AS person (id)
"""
SELECT_OWN: Final = """
SELECT id FROM notification WHERE user_id = $1 AND id = ANY($2::uuid []) AND in_app
"""
MARK_READ: Final = """
UPDATE notification SET read_at = $3
WHERE user_id = $1 AND id = ANY($2::uuid []) AND in_app AND read_at IS NULL
"""
MARK_READ_UP_TO: Final = """
UPDATE notification SET read_at = $3
WHERE user_id = $1 AND id <= $2 AND in_app AND read_at IS NULL
"""
TAKE_DIGESTS: Final = """
SELECT user_id FROM notification_box
WHERE digest_waits AND (digest_at IS NULL OR digest_at <= $1)
ORDER BY digest_at NULLS FIRST LIMIT $2 FOR UPDATE SKIP LOCKED
"""
SELECT_WAITING: Final = """
SELECT user_id, id, kind, created_at FROM notification
WHERE user_id = ANY($1::uuid []) AND waits ORDER BY id
"""
FILL_MAILS: Final = """
UPDATE notification AS n SET waits = false, mail_id = d.mail_id
FROM unnest($1::uuid [], $2::uuid []) AS d (id, mail_id) WHERE n.id = d.id AND n.waits
"""
WAKE_DIGEST: Final = """
UPDATE notification_box SET digest_at = NULL WHERE user_id = $1 AND digest_waits
"""


async def lock_boxes(conn: Connection, people: Sequence[UUID], now: datetime) -> dict[UUID, Box]:
    """A box for each person who is one of us, locked in the order of ids."""
    ordered = sorted(people)
    await conn.execute(ENSURE_BOXES, ordered, now)
    rows = await conn.fetch(LOCK_BOXES, ordered)
    return {row["user_id"]: Box(**dict(row)) for row in rows}


async def update_boxes(conn: Connection, boxes: Sequence[Box]) -> None:
    """Keep what was counted."""
    columns = zip(
        *(
            (b.user_id, b.window_began_at, b.mails_in_window, b.digest_waits, b.digest_at)
            for b in boxes
        ),
        strict=True,
    )
    await conn.execute(UPDATE_BOXES, *(list(column) for column in columns))


async def select_habits(conn: Connection, people: Sequence[UUID]) -> dict[UUID, Habits]:
    """How people want to hear what; whoever has not said is assumed to want what most do."""
    choices: dict[UUID, dict[str, Choice]] = defaultdict(dict)
    for row in await conn.fetch(SELECT_CHOICES, people):
        choices[row["user_id"]][row["kind"]] = Choice(row["in_app"], row["email"])
    said = {row["user_id"]: row for row in await conn.fetch(SELECT_HABITS, people)}
    return {
        person: Habits(
            said[person]["version"],
            said[person]["digest_hour"],
            said[person]["digest_weekday"],
            choices[person],
        )
        if person in said
        else Habits()
        for person in people
    }


async def replace_habits(
    conn: Connection, user_id: UUID, version: int, wish: PreferencesWish, now: datetime
) -> None:
    """Keep how a person wants to hear what, in place of what was before."""
    await conn.execute(
        UPSERT_PREFERENCE, user_id, version, wish.digest_hour, wish.digest_weekday, now
    )
    await conn.execute(DELETE_CHOICES, user_id)
    kinds = list(wish.kinds)
    await conn.execute(
        INSERT_CHOICES,
        user_id,
        kinds,
        [wish.kinds[kind].in_app for kind in kinds],
        [wish.kinds[kind].email for kind in kinds],
    )
    await conn.execute(WAKE_DIGEST, user_id)


async def select_told(conn: Connection, notices: Sequence[Notice]) -> set[tuple[UUID, UUID, str]]:
    """Which of these people were told before: person, event and kind."""
    people, events = [n.user_id for n in notices], [n.event_id for n in notices]
    rows = await conn.fetch(SELECT_TOLD, people, events)
    return {(row["user_id"], row["event_id"], row["kind"]) for row in rows}


async def insert_mails(
    conn: Connection, mails: Sequence[tuple[UUID, UUID, str]], now: datetime
) -> None:
    """Write mails that are due: id, person and kind."""
    if mails:
        columns = [list(column) for column in zip(*mails, strict=True)]
        await conn.execute(INSERT_MAILS, *columns, now)


async def insert_notifications(
    conn: Connection,
    rows: Sequence[tuple[UUID, Notice, bool, bool, UUID | None]],
    now: datetime,
) -> None:
    """Write notifications: id, what, whether in the app, whether it waits, and its mail."""
    if rows:
        columns = zip(
            *(
                (i, n.user_id, n.kind, n.event_id, n.data, shown, n.occurred_at, waits, mail)
                for i, n, shown, waits, mail in rows
            ),
            strict=True,
        )
        await conn.execute(INSERT_NOTIFICATIONS, *(list(column) for column in columns), now)


async def select_page(
    conn: Connection, user_id: UUID, before: UUID | None, *, unread: bool, limit: int
) -> list[dict[str, Any]]:
    """A person's notifications, newest first."""
    rows = await conn.fetch(SELECT_PAGE, user_id, before, unread, limit)
    return [dict(row) for row in rows]


async def count_unreads(conn: Connection, people: Sequence[UUID]) -> dict[UUID, int]:
    """How many of each person's are unread; of more than are kept, as many as are kept."""
    rows = await conn.fetch(COUNT_UNREADS, people, KEPT_MAX)
    return {row["user_id"]: row["unread"] for row in rows}


async def select_own(conn: Connection, user_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these are a person's."""
    return {row["id"] for row in await conn.fetch(SELECT_OWN, user_id, ids)}


async def mark_read(
    conn: Connection, user_id: UUID, ids: Sequence[UUID] | None, up_to: UUID | None, now: datetime
) -> None:
    """Note that a person has read some, or all up to one."""
    if ids is not None:
        await conn.execute(MARK_READ, user_id, ids, now)
    else:
        await conn.execute(MARK_READ_UP_TO, user_id, up_to, now)


async def take_digests(conn: Connection, now: datetime, limit: int) -> list[UUID]:
    """People for whose digest it is time to look; locked, and passed over by others."""
    return [row["user_id"] for row in await conn.fetch(TAKE_DIGESTS, now, limit)]


async def select_waiting(conn: Connection, people: Sequence[UUID]) -> dict[UUID, list[Waiting]]:
    """What waits for people's digests, the first to come first."""
    found: dict[UUID, list[Waiting]] = defaultdict(list)
    for row in await conn.fetch(SELECT_WAITING, people):
        found[row["user_id"]].append(Waiting(row["id"], row["kind"], row["created_at"]))
    return found


async def fill_mails(conn: Connection, filled: Sequence[tuple[UUID, UUID | None]]) -> None:
    """Put what waited into mails; into none what is not wanted any more."""
    if filled:
        ids, mails = [one[0] for one in filled], [one[1] for one in filled]
        await conn.execute(FILL_MAILS, ids, mails)

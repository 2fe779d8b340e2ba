"""Statements of mails."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from gateway.notifications.models import Due, MailState, MailView

#: Whoever takes a mail has some minutes; then it is due again, should they have died.
TAKE_DUE: Final = """
UPDATE notification_mail SET attempts = attempts + 1, due_at = $1 + interval '5 minutes'
WHERE id IN (
    SELECT id FROM notification_mail WHERE state = 'pending' AND due_at <= $1
    ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING id, user_id, kind, attempts
"""
SELECT_CONTENTS: Final = """
SELECT mail_id, kind, data FROM notification WHERE mail_id = ANY($1::uuid []) ORDER BY id
"""
END_MAIL: Final = """
UPDATE notification_mail SET state = $2, error = $3, done_at = $4
WHERE id = $1 AND state = 'pending'
"""
POSTPONE_MAIL: Final = """
UPDATE notification_mail SET due_at = $2, error = $3 WHERE id = $1 AND state = 'pending'
"""
EXPIRE_MAILS: Final = """
UPDATE notification_mail SET state = 'dead', error = 'too-old', done_at = $1
WHERE id IN (
    SELECT id FROM notification_mail WHERE state = 'pending' AND due_at < $2
    ORDER BY due_at LIMIT 5000 FOR UPDATE SKIP LOCKED
)
"""
SELECT_MAILS: Final = """
SELECT id, user_id, kind, state, attempts, error, created_at, due_at, done_at
FROM notification_mail
WHERE state = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
"""
REDRIVE_MAIL: Final = """
UPDATE notification_mail SET state = 'pending', attempts = 0, due_at = $2, done_at = NULL
WHERE id = $1 AND state = 'dead'
RETURNING id, user_id, kind, state, attempts, error, created_at, due_at, done_at
"""
#: What waits or is under way is younger: a mail lives for three days, a digest for a week.
DELETE_OLD_NOTIFICATIONS: Final = """
DELETE FROM notification WHERE id IN (
    SELECT id FROM notification WHERE created_at < $1 ORDER BY created_at LIMIT 5000
)
"""
DELETE_SURPLUS: Final = """
DELETE FROM notification WHERE id IN (
    SELECT n.id FROM (
        SELECT user_id FROM notification WHERE created_at >= $1
        GROUP BY user_id HAVING count(*) > $2
    ) AS full_box
    CROSS JOIN LATERAL (
        SELECT id FROM notification
        WHERE user_id = full_box.user_id ORDER BY id DESC OFFSET $2
    ) AS n
    LIMIT 5000
)
"""
DELETE_OLD_MAILS: Final = """
DELETE FROM notification_mail WHERE id IN (
    SELECT m.id FROM notification_mail AS m
    WHERE m.created_at < $1 AND m.state <> 'pending'
    AND NOT EXISTS (SELECT FROM notification AS n WHERE n.mail_id = m.id)
    ORDER BY m.created_at LIMIT 5000
)
"""
FORGET_NOTIFICATIONS: Final = "DELETE FROM notification WHERE user_id = ANY($1::uuid [])"
FORGET_MAILS: Final = "DELETE FROM notification_mail WHERE user_id = ANY($1::uuid [])"
FORGET_BOXES: Final = "DELETE FROM notification_box WHERE user_id = ANY($1::uuid [])"
FORGET_PREFERENCES: Final = """
DELETE FROM notification_preference WHERE user_id = ANY($1::uuid [])
"""


def _count(done: str) -> int:
    return int(done.rpartition(" ")[2])


async def take_due(conn: Connection, now: datetime, limit: int) -> list[Due]:
    """Mails to be tried now, counted as tried, the first to be written first."""
    taken = [Due(**dict(row)) for row in await conn.fetch(TAKE_DUE, now, limit)]
    return sorted(taken, key=lambda due: due.id)


async def select_contents(
    conn: Connection, mails: Sequence[UUID]
) -> dict[UUID, list[tuple[str, dict[str, Any]]]]:
    """Kinds and data of what is in mails, the first to happen first."""
    found: dict[UUID, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for row in await conn.fetch(SELECT_CONTENTS, mails):
        found[row["mail_id"]].append((row["kind"], row["data"]))
    return found


async def end_mail(
    conn: Connection, mail_id: UUID, state: MailState, error: str | None, now: datetime
) -> None:
    """It was sent, nobody wants it, or it is dead."""
    await conn.execute(END_MAIL, mail_id, state, error, now)


async def postpone_mail(conn: Connection, mail_id: UUID, due_at: datetime, error: str) -> None:
    """It could not be sent, and is tried again."""
    await conn.execute(POSTPONE_MAIL, mail_id, due_at, error)


async def expire_mails(conn: Connection, now: datetime, life: timedelta) -> int:
    """Give up what could not be sent for so long, a bounded number; returns how many."""
    return _count(await conn.execute(EXPIRE_MAILS, now, now - life))


async def select_mails(
    conn: Connection, state: MailState, before: UUID | None, limit: int
) -> list[MailView]:
    """Mails in a state, newest first."""
    rows = await conn.fetch(SELECT_MAILS, state, before, limit)
    return [MailView(**dict(row)) for row in rows]


async def redrive_mail(conn: Connection, mail_id: UUID, now: datetime) -> MailView | None:
    """Try a dead mail anew; nothing when there is none."""
    row = await conn.fetchrow(REDRIVE_MAIL, mail_id, now)
    return MailView(**dict(row)) if row else None


async def delete_old(conn: Connection, before: datetime, kept_max: int) -> int:
    """Forget what is old or too much, a bounded number; returns how many."""
    old = _count(await conn.execute(DELETE_OLD_NOTIFICATIONS, before))
    surplus = _count(await conn.execute(DELETE_SURPLUS, before, kept_max))
    return old + surplus + _count(await conn.execute(DELETE_OLD_MAILS, before))


async def forget(conn: Connection, people: Sequence[UUID]) -> None:
    """Forget what people were told and how they chose."""
    for statement in (FORGET_NOTIFICATIONS, FORGET_MAILS, FORGET_BOXES, FORGET_PREFERENCES):
        await conn.execute(statement, people)

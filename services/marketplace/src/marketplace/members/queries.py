"""Statements of members."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from contracts.gateway import UserChanged, UserLeft, UserRegistered

UPSERT_MEMBER: Final = """
INSERT INTO member (user_id, display_name, community, version, changed_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (user_id) DO UPDATE
SET display_name = $2, community = $3, version = $4, changed_at = $5
WHERE member.version < $4
"""
FORGET_MEMBER: Final = """
UPDATE member SET display_name = 'Somebody who left', version = $2, changed_at = $3
WHERE user_id = $1 AND version < $2
"""
SELECT_NAME: Final = "SELECT display_name FROM member WHERE user_id = $1 AND community = $2"


async def forget_member(conn: Connection, event: UserLeft, now: datetime) -> None:
    """Keep no name of who left."""
    await conn.execute(FORGET_MEMBER, event.user_id, event.version, now)


async def upsert_member(
    conn: Connection, event: UserRegistered | UserChanged, now: datetime
) -> None:
    """Keep the newest version of a member."""
    await conn.execute(
        UPSERT_MEMBER,
        event.user_id,
        event.display_name[:200] or str(event.user_id),
        event.community,
        event.version,
        now,
    )


async def select_name(conn: Connection, user_id: UUID, community: str) -> str | None:
    """The name of a member of a community."""
    name: str | None = await conn.fetchval(SELECT_NAME, user_id, community)
    return name

"""Statements of members."""

from typing import Final
from uuid import UUID

from chassis.database import Connection

UPSERT_MEMBER: Final = """
INSERT INTO member (user_id, display_name, version) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE SET display_name = $2, version = $3 WHERE member.version < $3
"""
FORGET_MEMBER: Final = "SELECT forget_member($1)"


async def forget_member(conn: Connection, user_id: UUID) -> None:
    """Forget the words of a person who was erased."""
    await conn.execute(FORGET_MEMBER, user_id)


async def upsert_member(conn: Connection, user_id: UUID, name: str | None, version: int) -> None:
    """Keep the newest version of a member; without a name, that they left."""
    await conn.execute(UPSERT_MEMBER, user_id, (name or "")[:200] or None, version)

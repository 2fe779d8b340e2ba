"""Statements of users."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from contracts.gateway import Role
from gateway.users.models import User

INSERT_USER: Final = """
INSERT INTO users (id, display_name, community, roles, created_at) VALUES ($1, $2, $3, $4, $5)
"""
INSERT_IDENTITY: Final = """
INSERT INTO login_identity (kind, value_normalised, user_id, created_at)
VALUES ('email', $1, $2, $3)
ON CONFLICT ON CONSTRAINT login_identity_once DO NOTHING
"""
INSERT_PASSWORD: Final = """
INSERT INTO user_password (user_id, hash, changed_at) VALUES ($1, $2, $3)
"""
SELECT_LOGIN: Final = """
SELECT u.id, u.display_name, u.community, u.roles, u.created_at, p.hash
FROM login_identity AS i
INNER JOIN users AS u ON u.id = i.user_id
LEFT JOIN user_password AS p ON p.user_id = u.id
WHERE i.kind = 'email' AND i.value_normalised = $1
"""
SELECT_USER: Final = """
SELECT id, display_name, community, roles, created_at FROM users WHERE id = $1
"""


async def insert_user(conn: Connection, user: User) -> None:
    """Write the person."""
    await conn.execute(
        INSERT_USER, user.id, user.display_name, user.community, list(user.roles), user.created_at
    )


async def insert_identity(conn: Connection, email: str, user_id: UUID, now: datetime) -> bool:
    """Write how the person is known; False when somebody else is known by it."""
    written = await conn.execute(INSERT_IDENTITY, email, user_id, now)
    return bool(written.endswith(" 1"))


async def insert_password(
    conn: Connection, user_id: UUID, password_hash: str, now: datetime
) -> None:
    """Write the hash of the person's password."""
    await conn.execute(INSERT_PASSWORD, user_id, password_hash, now)


async def select_user(conn: Connection, user_id: UUID) -> User | None:
    """The person with this id."""
    row = await conn.fetchrow(SELECT_USER, user_id)
    return user_of(row) if row else None


async def select_login(conn: Connection, email: str) -> tuple[User, str | None] | None:
    """The person known by an e-mail, and the hash of their password."""
    row = await conn.fetchrow(SELECT_LOGIN, email)
    return (user_of(row), row["hash"]) if row else None


def user_of(row: Any) -> User:
    """A row as a user."""
    roles: tuple[Role, ...] = tuple(row["roles"])
    return User(row["id"], row["display_name"], row["community"], roles, row["created_at"])

"""Statements of users."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from chassis.database import Connection
from contracts.gateway import Role
from gateway.users.errors import CommunityNotOpen, LastAdmin
from gateway.users.lifecycle import IdentityKind
from gateway.users.models import Identity, Known, Leaver, Recipient, RoleChange, User

INSERT_USER: Final = """
INSERT INTO users (id, display_name, community, roles, created_at) VALUES ($1, $2, $3, $4, $5)
"""
INSERT_IDENTITY: Final = """
INSERT INTO login_identity (kind, value_normalised, user_id, created_at, verified_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT ON CONSTRAINT login_identity_once DO NOTHING
"""
SELECT_OPEN: Final = "SELECT slug FROM community WHERE state = 'OPEN' ORDER BY slug LIMIT $1"
IS_OPEN: Final = "SELECT EXISTS (SELECT FROM community WHERE slug = $1 AND state = 'OPEN')"
SELECT_LOGIN: Final = """
SELECT u.id, u.display_name, u.community, u.roles, u.created_at, p.hash
FROM login_identity AS i
INNER JOIN users AS u ON u.id = i.user_id
LEFT JOIN user_password AS p ON p.user_id = u.id
WHERE i.kind = $1 AND i.value_normalised = $2 AND u.deleted_at IS NULL
"""
SELECT_USER: Final = """
SELECT id, display_name, community, roles, created_at FROM users
WHERE id = $1 AND leaving_at IS NULL
"""
REHASH: Final = "UPDATE user_password SET hash = $3 WHERE user_id = $1 AND hash = $2"
SELECT_HASH: Final = "SELECT hash FROM user_password WHERE user_id = $1"
SELECT_BCRYPT_COST: Final = """
SELECT max(substr(hash, 5, 2))::int FROM user_password WHERE hash LIKE '$2%'
"""
PUT_PASSWORD: Final = """
INSERT INTO user_password (user_id, hash, changed_at) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE SET hash = $2, changed_at = $3 RETURNING old.changed_at
"""
NOTE_LOGIN: Final = """
UPDATE users SET last_login_at = $2
WHERE id = $1 AND (last_login_at IS NULL OR last_login_at < $2)
"""
LOCK_USER: Final = """
SELECT id, display_name, community, roles, version, created_at FROM users
WHERE id = $1 AND leaving_at IS NULL FOR NO KEY UPDATE
"""
SELECT_LEAVER: Final = """
SELECT id, display_name, community, roles, created_at, leaving_at, erase_at FROM users
WHERE id = $1 AND deleted_at IS NULL AND leaving_at IS NOT NULL
"""
LOCK_LEAVER: Final = SELECT_LEAVER + " FOR NO KEY UPDATE"
BEGIN_LEAVING: Final = """
UPDATE users SET leaving_at = $2, erase_at = $3, version = version + 1
WHERE id = $1 RETURNING version
"""
END_LEAVING: Final = """
UPDATE users SET leaving_at = NULL, erase_at = NULL, version = version + 1
WHERE id = $1 RETURNING version
"""
POSTPONE_ERASURE: Final = """
UPDATE users SET erase_at = $2, version = version + 1 WHERE id = $1 RETURNING version
"""
UPDATE_USER: Final = """
UPDATE users SET display_name = $2, community = $3, roles = $4, version = version + 1
WHERE id = $1 RETURNING version
"""
INSERT_ROLE_CHANGE: Final = """
INSERT INTO role_change (user_id, version, changed_by, before, after, reason, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
SELECT_ROLE_CHANGES: Final = """
SELECT version, changed_by, before, after, reason, changed_at FROM role_change
WHERE user_id = $1 ORDER BY version DESC LIMIT $2
"""
HAS_ADMIN: Final = """
SELECT EXISTS (SELECT FROM users WHERE roles @> ARRAY['ADMIN'] AND leaving_at IS NULL)
"""
ERASE_USER: Final = """
UPDATE users SET deleted_at = $2, display_name = 'Somebody who left', version = version + 1
WHERE id = $1 RETURNING version
"""
FORGET_PERSON: Final = "SELECT forget_person($1)"
DELETE_OLD_FORMER: Final = """
DELETE FROM former_email WHERE (user_id, value_normalised) IN (
    SELECT user_id, value_normalised FROM former_email WHERE until < $1 ORDER BY until LIMIT 5000
)
"""
SELECT_RECIPIENTS: Final = """
SELECT u.id, u.display_name, i.value_normalised, i.verified_at IS NOT NULL AS verified
FROM users AS u
LEFT JOIN login_identity AS i ON i.user_id = u.id AND i.kind = 'email'
WHERE u.id = ANY($1::uuid []) AND u.deleted_at IS NULL
"""
SELECT_FORMER: Final = """
SELECT user_id, value_normalised FROM former_email
WHERE user_id = ANY($1::uuid []) AND until > $2 ORDER BY until LIMIT 1000
"""
DROP_IDENTITY: Final = """
WITH dropped AS (
    DELETE FROM login_identity WHERE user_id = $1 AND kind = $2 AND value_normalised <> $3
    RETURNING value_normalised
)

INSERT INTO former_email (user_id, value_normalised, until)
SELECT $1, value_normalised, $4 FROM dropped WHERE $2 = 'email'
ON CONFLICT (user_id, value_normalised) DO UPDATE SET until = $4
"""
CLAIM_IDENTITY: Final = """
INSERT INTO login_identity (kind, value_normalised, user_id, created_at, verified_at)
VALUES ($2, $3, $1, $4, $4)
ON CONFLICT ON CONSTRAINT login_identity_once DO UPDATE SET verified_at = $4
WHERE login_identity.user_id = $1
"""
SELECT_IDENTITIES: Final = """
SELECT kind, value_normalised, verified_at FROM login_identity WHERE user_id = $1 ORDER BY kind
"""


async def insert_user(conn: Connection, user: User) -> None:
    """Write the person.

    Raises:
        CommunityNotOpen: It was closed at this moment.
    """
    try:
        await conn.execute(
            INSERT_USER,
            user.id,
            user.display_name,
            user.community,
            list(user.roles),
            user.created_at,
        )
    except asyncpg.CheckViolationError as error:
        raise _named(error) from None


async def is_open(conn: Connection, community: str) -> bool:
    """Whether people can join a community."""
    return bool(await conn.fetchval(IS_OPEN, community))


async def select_open(conn: Connection, limit: int) -> list[str]:
    """The first communities that people can join."""
    return [row["slug"] for row in await conn.fetch(SELECT_OPEN, limit)]


async def insert_identity(
    conn: Connection,
    identity: Identity,
    user_id: UUID,
    now: datetime,
    *,
    verified_at: datetime | None = None,
) -> bool:
    """Write how the person is known; False when somebody else is known by it."""
    written = await conn.execute(
        INSERT_IDENTITY, identity.kind, identity.value, user_id, now, verified_at
    )
    return bool(written.endswith(" 1"))


async def select_user(conn: Connection, user_id: UUID) -> User | None:
    """The person with this id."""
    row = await conn.fetchrow(SELECT_USER, user_id)
    return user_of(row) if row else None


async def select_login(
    conn: Connection, value: str, kind: IdentityKind = "email"
) -> tuple[User, str | None] | None:
    """The person known by an e-mail or phone, and the hash of their password."""
    row = await conn.fetchrow(SELECT_LOGIN, kind, value)
    return (user_of(row), row["hash"]) if row else None


async def rehash(conn: Connection, user_id: UUID, before: str, after: str) -> None:
    """Store the same password's hash in another form, unless the password changed meanwhile."""
    await conn.execute(REHASH, user_id, before, after)


async def select_hash(conn: Connection, user_id: UUID) -> str | None:
    """The hash of a person's password."""
    found: str | None = await conn.fetchval(SELECT_HASH, user_id)
    return found


async def select_bcrypt_cost(conn: Connection) -> int:
    """The cost of the slowest bcrypt hash that anybody has; 0 when nobody has one."""
    return await conn.fetchval(SELECT_BCRYPT_COST) or 0


async def put_password(conn: Connection, user_id: UUID, after: str, now: datetime) -> Any:
    """Write the hash of the person's password; when the one before was set, if there was one."""
    return await conn.fetchval(PUT_PASSWORD, user_id, after, now)


async def note_login(conn: Connection, user_id: UUID, now: datetime) -> None:
    """Note when the person logged in last."""
    await conn.execute(NOTE_LOGIN, user_id, now)


async def select_identities(conn: Connection, user_id: UUID) -> list[Known]:
    """How a person is known."""
    rows = await conn.fetch(SELECT_IDENTITIES, user_id)
    return [
        Known(Identity(row["kind"], row["value_normalised"]), row["verified_at"]) for row in rows
    ]


async def claim_identity(
    conn: Connection, user_id: UUID, identity: Identity, now: datetime
) -> bool:
    """Put an identity in place of the person's own of its kind; False when it is another's."""
    await conn.execute(DROP_IDENTITY, user_id, identity.kind, identity.value, now)
    done = await conn.execute(CLAIM_IDENTITY, user_id, identity.kind, identity.value, now)
    return bool(done.endswith(" 1"))


async def lock_user(conn: Connection, user_id: UUID) -> User | None:
    """The person, locked."""
    row = await conn.fetchrow(LOCK_USER, user_id)
    return user_of(row) if row else None


async def update_user(conn: Connection, user: User) -> int:
    """What others know of a person; returns the new version.

    Raises:
        LastAdmin: Nobody else is an administrator.
    """
    try:
        version: int = await conn.fetchval(
            UPDATE_USER, user.id, user.display_name, user.community, list(user.roles)
        )
    except asyncpg.CheckViolationError as error:
        raise _named(error) from None
    return version


async def insert_role_change(
    conn: Connection, change: RoleChange, user_id: UUID, changed_by: UUID | None
) -> None:
    """Leave the trail of a change of roles."""
    await conn.execute(
        INSERT_ROLE_CHANGE,
        user_id,
        change.version,
        changed_by,
        list(change.before),
        list(change.after),
        change.reason,
        change.changed_at,
    )


async def select_role_changes(conn: Connection, user_id: UUID, limit: int) -> list[RoleChange]:
    """How a person's roles changed, the newest first."""
    rows = await conn.fetch(SELECT_ROLE_CHANGES, user_id, limit)
    return [RoleChange(**dict(row)) for row in rows]


async def has_admin(conn: Connection) -> bool:
    """Whether anybody is an administrator."""
    return bool(await conn.fetchval(HAS_ADMIN))


async def select_leaver(conn: Connection, user_id: UUID, *, lock: bool = False) -> Leaver | None:
    """A person who has left and is not erased."""
    row = await conn.fetchrow(LOCK_LEAVER if lock else SELECT_LEAVER, user_id)
    return Leaver(user_of(row), row["leaving_at"], row["erase_at"]) if row else None


async def begin_leaving(conn: Connection, user_id: UUID, now: datetime, erase_at: datetime) -> int:
    """End a person's access; returns the new version.

    Raises:
        LastAdmin: Nobody else is an administrator.
    """
    try:
        version: int = await conn.fetchval(BEGIN_LEAVING, user_id, now, erase_at)
    except asyncpg.CheckViolationError as error:
        raise _named(error) from None
    return version


async def end_leaving(conn: Connection, user_id: UUID) -> int:
    """Let a person back in; returns the new version."""
    version: int = await conn.fetchval(END_LEAVING, user_id)
    return version


async def postpone_erasure(conn: Connection, user_id: UUID, erase_at: datetime) -> int:
    """Erase a person later; returns the new version."""
    version: int = await conn.fetchval(POSTPONE_ERASURE, user_id, erase_at)
    return version


async def erase_user(conn: Connection, user_id: UUID, now: datetime) -> int:
    """Forget a person, and all that is kept of them here; returns the new version."""
    version: int = await conn.fetchval(ERASE_USER, user_id, now)
    await conn.execute(FORGET_PERSON, user_id)
    return version


async def select_recipients(
    conn: Connection, people: Sequence[UUID], after: datetime
) -> dict[UUID, Recipient]:
    """Where people who have not left can be written to."""
    former: dict[UUID, list[str]] = defaultdict(list)
    for row in await conn.fetch(SELECT_FORMER, people, after):
        former[row["user_id"]].append(row["value_normalised"])
    return {
        row["id"]: Recipient(
            row["display_name"], row["value_normalised"], row["verified"], tuple(former[row["id"]])
        )
        for row in await conn.fetch(SELECT_RECIPIENTS, people)
    }


async def delete_old_former(conn: Connection, before: datetime) -> None:
    """Forget addresses that were left long ago, a bounded number."""
    await conn.execute(DELETE_OLD_FORMER, before)


def _named(error: Exception) -> Exception:
    rule = getattr(error, "constraint_name", None)
    if rule == "users_one_admin_stays":
        return LastAdmin("make somebody else an administrator first")
    if rule == "users_community_is_open":
        return CommunityNotOpen("it was closed just now: GET /v1/communities lists the open ones")
    return error


def user_of(row: Any) -> User:
    """A row as a user."""
    roles: tuple[Role, ...] = tuple(row["roles"])
    return User(row["id"], row["display_name"], row["community"], roles, row["created_at"])

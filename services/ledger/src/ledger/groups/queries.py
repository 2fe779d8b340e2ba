"""Statements of groups."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.groups.models import Group, GroupFigure, Member, Moments
from ledger.reach import Reach

INSERT_GROUP: Final = """
INSERT INTO account_group (id, owner_id, name, created_at) VALUES ($1, $2, $3, $4)
"""
_GROUP: Final = """
SELECT g.id, g.owner_id, g.name, g.created_at, g.version, (
    SELECT count(*) FROM account_group_member AS m
    WHERE m.group_id = g.id AND m.removed_at IS NULL
)
FROM account_group AS g
"""
_ALL_THERE: Final = """NOT EXISTS (
    SELECT FROM account_group_member AS m
    INNER JOIN account AS a ON a.id = m.account_id
    WHERE m.group_id = g.id AND a.community <> $3
)"""
#: A group has no community: it is where its owner is, if all that was ever in it is there, too.
SELECT_GROUP: Final = f"""{_GROUP}
WHERE g.id = $1 AND ($2::uuid IS NULL OR g.owner_id = $2)
    AND ($3::text IS NULL OR g.owner_id = $4 OR (
        EXISTS (SELECT FROM account AS a WHERE a.owner_id = g.owner_id AND a.community = $3)
        AND {_ALL_THERE}
    ))
"""
SELECT_GROUPS: Final = f"""{_GROUP}
WHERE ($1::uuid IS NULL OR g.owner_id = $1) AND ($2::uuid IS NULL OR g.id < $2)
ORDER BY g.id DESC LIMIT $3
"""
COUNT_GROUPS: Final = "SELECT count(*) FROM account_group WHERE owner_id = $1"
LOCK_GROUP: Final = """
SELECT version FROM account_group WHERE id = $1 AND owner_id = $2 FOR UPDATE
"""
UPDATE_GROUP: Final = "UPDATE account_group SET version = version + 1 WHERE id = $1"
#: Not before the account left the last time: clocks of processes differ a little.
INSERT_MEMBERS: Final = """
INSERT INTO account_group_member (group_id, account_id, added_at, added_by)
SELECT $1, w.account_id, greatest($3, (
    SELECT max(m.removed_at) FROM account_group_member AS m
    WHERE m.group_id = $1 AND m.account_id = w.account_id
)), $4
FROM unnest($2::uuid []) AS w (account_id)
WHERE NOT EXISTS (
    SELECT FROM account_group_member AS m
    WHERE m.group_id = $1 AND m.account_id = w.account_id AND m.removed_at IS NULL
)
"""
REMOVE_MEMBERS: Final = """
UPDATE account_group_member SET removed_at = greatest($3, added_at), removed_by = $4
WHERE group_id = $1 AND account_id = ANY($2::uuid []) AND removed_at IS NULL
"""
COUNT_PRESENT: Final = """
SELECT count(*) FROM account_group_member
WHERE group_id = $1 AND account_id = ANY($2::uuid []) AND removed_at IS NULL
"""
SELECT_MEMBERS: Final = """
SELECT account_id, added_at, added_by, removed_at, removed_by FROM account_group_member
WHERE group_id = $1 AND ($2 OR removed_at IS NULL)
    AND ($3::uuid IS NULL OR (account_id, added_at) > ($3, $4))
ORDER BY account_id, added_at LIMIT $5
"""
#: Of those that have left, too: the past can be asked for.
SELECT_OWNERS: Final = """
SELECT DISTINCT a.owner_id FROM account_group_member AS m
INNER JOIN account AS a ON a.id = m.account_id
WHERE m.group_id = $1 AND a.owner_id IS NOT NULL
"""
#: One statement is one snapshot: a transfer is in it with both of its sides, or not at all.
SELECT_FIGURES_NOW: Final = """
SELECT a.asset, count(*), count(*) FILTER (
        WHERE $2::uuid IS NOT NULL AND a.owner_id IS DISTINCT FROM $2
            OR $3::text IS NOT NULL AND a.community <> $3
    ),
    coalesce(sum(h.balance_after_minor), 0), coalesce(sum(h.held_after_minor), 0)
FROM account_group_member AS m
INNER JOIN account AS a ON a.id = m.account_id
LEFT JOIN LATERAL (
    SELECT e.balance_after_minor, e.held_after_minor FROM entry AS e
    WHERE e.account_id = a.id ORDER BY e.account_seq DESC LIMIT 1
) AS h ON true
WHERE m.group_id = $1 AND m.removed_at IS NULL
GROUP BY a.asset ORDER BY a.asset
"""
#: As get_account_balance() and get_account_held() say, which a test compares; in one piece, because
#: a call for each account costs several times as much.
SELECT_FIGURES_AT: Final = """
SELECT a.asset, count(*), count(*) FILTER (
        WHERE $2::uuid IS NOT NULL AND a.owner_id IS DISTINCT FROM $2
            OR $3::text IS NOT NULL AND a.community <> $3
    ),
    sum(coalesce(h.balance_after_minor, 0) + coalesce(l.late_minor, 0)),
    coalesce(sum(h.held_after_minor), 0)
FROM (VALUES (
    coalesce($4::timestamptz, 'infinity'), coalesce($5::timestamptz, 'infinity')
)) AS t (effective_at, known_at)
CROSS JOIN account_group_member AS m
INNER JOIN account AS a ON a.id = m.account_id
LEFT JOIN LATERAL (
    SELECT e.balance_after_minor, e.held_after_minor FROM entry AS e
    WHERE e.account_id = a.id AND e.posted_at <= least(t.effective_at, t.known_at)
    ORDER BY e.posted_at DESC, e.account_seq DESC LIMIT 1
) AS h ON true
LEFT JOIN LATERAL (
    SELECT sum(e.amount_minor) AS late_minor FROM entry AS e
    WHERE e.account_id = a.id AND tstzrange(e.effective_at, e.posted_at) @> t.effective_at
        AND e.effective_at < e.posted_at AND e.posted_at <= t.known_at
) AS l ON true
WHERE m.group_id = $1 AND CASE WHEN $6::timestamptz IS NULL THEN m.removed_at IS NULL
    ELSE m.added_at <= $6 AND coalesce(m.removed_at, 'infinity') > $6 END
GROUP BY a.asset ORDER BY a.asset
"""


async def insert_group(conn: Connection, made: Group) -> None:
    """Write a new group."""
    await conn.execute(INSERT_GROUP, made.id, made.owner_id, made.name, made.created_at)


async def select_group(
    conn: Connection, group_id: UUID, reach: Reach, viewer: UUID
) -> Group | None:
    """A group, if it is within reach or the viewer's own."""
    row = await conn.fetchrow(SELECT_GROUP, group_id, reach.owner, reach.community, viewer)
    return Group(*row) if row else None


async def select_groups(
    conn: Connection, owner: UUID | None, before: UUID | None, limit: int
) -> list[Group]:
    """A page of groups, newest first."""
    return [Group(*row) for row in await conn.fetch(SELECT_GROUPS, owner, before, limit)]


async def count_groups(conn: Connection, owner: UUID) -> int:
    """How many groups somebody has."""
    return int(await conn.fetchval(COUNT_GROUPS, owner))


async def lock_group(conn: Connection, group_id: UUID, owner: UUID) -> int | None:
    """Lock somebody's group until the transaction ends; its version."""
    version: int | None = await conn.fetchval(LOCK_GROUP, group_id, owner)
    return version


async def count_present(conn: Connection, group_id: UUID, accounts: Sequence[UUID]) -> int:
    """How many of some accounts are in a group."""
    return int(await conn.fetchval(COUNT_PRESENT, group_id, accounts))


async def change_members(
    conn: Connection,
    group_id: UUID,
    *,
    add: Sequence[UUID],
    remove: Sequence[UUID],
    by: UUID,
    at: datetime,
) -> int:
    """Add and remove accounts of a locked group; how many came or went."""
    done = 0
    if remove:
        done += _count(await conn.execute(REMOVE_MEMBERS, group_id, remove, at, by))
    if add:
        done += _count(await conn.execute(INSERT_MEMBERS, group_id, add, at, by))
    if done:
        await conn.execute(UPDATE_GROUP, group_id)
    return done


def _count(tag: Any) -> int:
    return int(str(tag).rpartition(" ")[2])


async def select_owners(conn: Connection, group_id: UUID) -> list[UUID]:
    """Whose accounts are, or were, in a group."""
    return [row[0] for row in await conn.fetch(SELECT_OWNERS, group_id)]


async def select_members(
    conn: Connection,
    group_id: UUID,
    *,
    past: bool,
    after: tuple[UUID, datetime] | None,
    limit: int,
) -> list[Member]:
    """A page of a group's accounts in id order; with the past, those that have left, too."""
    account, added_at = after or (None, None)
    rows = await conn.fetch(SELECT_MEMBERS, group_id, past, account, added_at, limit)
    return [Member(*row) for row in rows]


async def select_figures(
    conn: Connection, group_id: UUID, at: Moments, reach: Reach
) -> list[GroupFigure]:
    """What a group had, a figure an asset, from one snapshot."""
    if at == Moments():
        rows = await conn.fetch(SELECT_FIGURES_NOW, group_id, reach.owner, reach.community)
    else:
        rows = await conn.fetch(
            SELECT_FIGURES_AT,
            group_id,
            reach.owner,
            reach.community,
            at.effective_at,
            at.known_at,
            at.members(),
        )
    return [GroupFigure(*row) for row in rows]

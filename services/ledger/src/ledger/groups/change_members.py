"""Add accounts to a group, and remove some."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.preconditions import require_version
from ledger.accounts.errors import NoSuchAccount
from ledger.accounts.find_many import find_accounts
from ledger.groups import queries
from ledger.groups.errors import GroupFull, NoSuchGroup
from ledger.groups.models import MEMBERS_MAX, ChangeMembers, Group
from ledger.reach import Reach


async def change_group_members(
    conn: Connection,
    group_id: UUID,
    wish: ChangeMembers,
    *,
    by: UUID,
    reach: Reach,
    accepted: Collection[int] | None,
    now: datetime,
) -> Group:
    """Let accounts come and go from now on; when they did is kept.

    Only the group's owner changes it: an operator who added somebody's account to a person's group
    would show them what is not theirs. The order of problems: unknown, stale, account, full.

    Args:
        conn: Open transaction; the caller commits.
        group_id: Which.
        wish: Who comes and who goes.
        by: The group's owner.
        reach: Whose accounts they may add.
        accepted: Versions that may be changed; nothing for any.
        now: The clock's time.

    Returns:
        The group after it; a repeat changes nothing.

    Raises:
        NoSuchGroup: There is none, or it is somebody else's.
        StaleVersion: It was changed since it was read.
        NoSuchAccount: One of those to add does not exist, or is beyond the reach.
        GroupFull: It would have too many.
    """
    version = await queries.lock_group(conn, group_id, by)
    if version is None:
        raise NoSuchGroup("there is no group with this id among yours")
    require_version(version, None if accepted is None else frozenset(accepted))
    found = (await find_accounts(conn, wish.add, [])).accounts
    for account_id in wish.add:
        account = found.get(account_id)
        if account is None or not reach.covers(account.owner_id, account.community):
            raise NoSuchAccount(
                f"add names an account that cannot be used here: {account_id}", field="add"
            )
    before = await queries.select_group(conn, group_id, Reach(by), by)
    room = MEMBERS_MAX - (before.members if before else 0)
    room += await queries.count_present(conn, group_id, wish.remove)
    coming = len(set(wish.add)) - await queries.count_present(conn, group_id, wish.add)
    if coming > room:
        raise GroupFull(f"there is room for {room} more", limit=MEMBERS_MAX, room=room)
    await queries.change_members(
        conn, group_id, add=sorted(set(wish.add)), remove=wish.remove, by=by, at=now
    )
    after = await queries.select_group(conn, group_id, Reach(by), by)
    assert after is not None  # noqa: S101 - for the type: it is locked
    return after

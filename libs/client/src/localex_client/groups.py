"""Groups of accounts, and what is on them together."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from localex_client.account_models import Group, GroupBalance, GroupMemberPage, GroupPage
from localex_client.wire import Wire, new_key


class Groups(Wire):
    """Calls about groups: of one's own accounts; operators' of their community's."""

    async def make_group(self, name: str, *, key: str | None = None) -> Group:
        """A group without accounts."""
        return Group.model_validate(await self.write("/v1/account-groups", {"name": name}, key))

    async def groups(self, *, cursor: UUID | None = None, limit: int = 50) -> GroupPage:
        """One's own groups, newest first."""
        query = {"cursor": str(cursor) if cursor else None, "limit": limit}
        return GroupPage.model_validate(await self.ask("GET", "/v1/account-groups", query=query))

    async def group(self, group_id: UUID) -> Group:
        """One group."""
        return Group.model_validate(await self.ask("GET", f"/v1/account-groups/{group_id}"))

    async def change_group(
        self,
        group_id: UUID,
        *,
        add: Sequence[UUID] = (),
        remove: Sequence[UUID] = (),
        version: int | None = None,
        key: str | None = None,
    ) -> Group:
        """Add accounts, or take some out.

        Args:
            group_id: Which group.
            add: Accounts that are to be in it.
            remove: Accounts that are not.
            version: Change only this version of it; whatever there is without it.
            key: Idempotency key.

        Raises:
            ProblemError: An account is another's, or the group has changed meanwhile.
        """
        answer = await self.ask(
            "POST",
            f"/v1/account-groups/{group_id}/members",
            json={"add": [str(one) for one in add], "remove": [str(one) for one in remove]},
            key=key or new_key(),
            headers={"If-Match": "*" if version is None else f'"{version}"'},
        )
        return Group.model_validate(answer)

    async def group_members(
        self, group_id: UUID, *, past: bool = False, cursor: str | None = None, limit: int = 200
    ) -> GroupMemberPage:
        """The accounts of a group in id order; with `past`, those that have left, too."""
        path = f"/v1/account-groups/{group_id}/members"
        query = {"past": past, "cursor": cursor, "limit": limit}
        return GroupMemberPage.model_validate(await self.ask("GET", path, query=query))

    async def group_balance(
        self,
        group_id: UUID,
        *,
        effective_at: datetime | None = None,
        known_at: datetime | None = None,
        members_at: datetime | None = None,
    ) -> GroupBalance:
        """What its accounts had at a time, as far as it was known; now without one."""
        times = {"effective_at": effective_at, "known_at": known_at, "members_at": members_at}
        query = {name: at.isoformat() if at else None for name, at in times.items()}
        path = f"/v1/account-groups/{group_id}/balance"
        return GroupBalance.model_validate(await self.ask("GET", path, query=query))

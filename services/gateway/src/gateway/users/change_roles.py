"""Change a person's roles."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from chassis import outbox
from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from contracts.gateway import Role, UserChanged
from gateway.users import queries
from gateway.users.errors import NoSuchUser, NothingChanges
from gateway.users.lifecycle import check_shown
from gateway.users.models import RoleChange, User

Roles = Annotated[tuple[Role, ...], Field(max_length=5)]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(check_shown),
]


class RoleWish(BaseModel):
    """Body of `POST /users/{id}/roles`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"grant": ["VENDOR"], "revoke": [], "reason": "papers of 3 May"}]
        },
    )

    grant: Roles = ()
    revoke: Roles = ()
    reason: Reason

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        named = {*self.grant, *self.revoke}
        if not named or len(named) < len(self.grant) + len(self.revoke):
            raise ValueError("name at least one role, and each once")
        if "MEMBER" in named:
            raise ValueError("everybody is a MEMBER; it is neither given nor taken")
        return self


async def change_roles(
    conn: Connection, user_id: UUID, wish: RoleWish, *, by: UUID | None, now: datetime
) -> User:
    """Give roles to a person and take roles away, and leave the trail of it.

    Args:
        conn: Open transaction; the caller commits, and ends the person's sessions.
        user_id: Whose.
        wish: Roles to give and to take, and why.
        by: The administrator; nothing for the settings of the first one.
        now: The clock's time.

    Returns:
        The person as they are now.

    Raises:
        NoSuchUser: Nobody has this id.
        NothingChanges: The person has these roles.
        LastAdmin: Nobody else is an administrator.

    Emits:
        UserChanged on `gateway.users.v1`, keyed by user.
    """
    user = await queries.lock_user(conn, user_id)
    if user is None:
        raise NoSuchUser("they left, or never were here")
    kept = [role for role in user.roles if role not in wish.revoke]
    after = (*kept, *(role for role in wish.grant if role not in kept))
    if after == user.roles:
        raise NothingChanges(f"they have {', '.join(user.roles)}")
    changed = replace(user, roles=after)
    version = await queries.update_user(conn, changed)
    change = RoleChange(
        version=version,
        changed_by=by,
        before=user.roles,
        after=after,
        reason=wish.reason,
        changed_at=now,
    )
    await queries.insert_role_change(conn, change, user_id, by)
    act = Act("user.roles_changed", "user", str(user_id), by=by, reason=wish.reason)
    by_name = None if by else "the settings"
    before, told = {"roles": user.roles}, {"roles": after}
    await record_acts(conn, replace(act, by_name=by_name, before=before, after=told))
    await outbox.emit(conn, tell_of(changed, version))
    return changed


def tell_of(user: User, version: int) -> UserChanged:
    """The event of a person who changed."""
    return UserChanged(
        user_id=user.id,
        display_name=user.display_name,
        community=user.community,
        roles=user.roles,
        version=version,
    )

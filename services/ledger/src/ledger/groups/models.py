"""Words of groups, and how they look to a client."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ledger.text import Line

GROUPS_MAX = 1_000
MEMBERS_MAX = 10_000
CHANGED_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Group:
    """A group as it stands."""

    id: UUID
    owner_id: UUID
    name: str
    created_at: datetime
    version: int
    members: int


@dataclass(frozen=True, slots=True)
class Member:
    """An account in a group, from one time up to and without another."""

    account_id: UUID
    added_at: datetime
    added_by: UUID
    removed_at: datetime | None
    removed_by: UUID | None


@dataclass(frozen=True, slots=True)
class Moments:
    """Which entries and which members count; nothing means all, and those of now.

    Members are those of `members_at`; unless given, of the moment that the balance is asked for.
    """

    effective_at: datetime | None = None
    known_at: datetime | None = None
    members_at: datetime | None = None

    def members(self) -> datetime | None:
        """When one had to be in the group to count; nothing means now."""
        asked = [one for one in (self.effective_at, self.known_at) if one]
        return self.members_at or min(asked, default=None)


@dataclass(frozen=True, slots=True)
class GroupFigure:
    """What a group's accounts in one asset have together."""

    asset: str
    accounts: int
    #: Of these, how many the asker may not see.
    beyond: int
    balance_minor: int
    held_minor: int


class CreateGroup(BaseModel):
    """A wish for a new group."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line


class ChangeMembers(BaseModel):
    """Accounts to add and to remove; what is there, or gone, already is left as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    add: Annotated[tuple[UUID, ...], Field(max_length=CHANGED_MAX)] = ()
    remove: Annotated[tuple[UUID, ...], Field(max_length=CHANGED_MAX)] = ()

    @model_validator(mode="after")
    def _has_sense(self) -> Self:
        if not self.add and not self.remove:
            raise ValueError("name accounts to add or to remove")
        if set(self.add) & set(self.remove):
            raise ValueError("an account is to be added and removed at once")
        return self


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class GroupAnswer(_Answer):
    """A group as a client sees it."""

    id: UUID
    owner_id: UUID
    name: str
    accounts: int
    version: int
    created_at: datetime


class GroupsAnswer(_Answer):
    """A page of groups, newest first."""

    groups: list[GroupAnswer]
    next_cursor: UUID | None


class MemberAnswer(_Answer):
    """An account that is, or was, in a group."""

    account_id: UUID
    added_at: datetime
    added_by: UUID
    removed_at: datetime | None
    removed_by: UUID | None


class MembersAnswer(_Answer):
    """A page of the accounts of a group, in id order."""

    members: list[MemberAnswer]
    next_cursor: str | None


class FigureAnswer(_Answer):
    """What the accounts of a group have in one asset."""

    asset: str
    accounts: int
    balance: str
    available: str
    held: str


class GroupBalanceAnswer(_Answer):
    """What a group had: a figure an asset, all of one moment."""

    group_id: UUID
    effective_at: datetime
    known_at: datetime
    members_at: datetime
    figures: list[FigureAnswer]

"""Words of communities."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from contracts.money import SCALES
from gateway.users.change_roles import Reason
from gateway.users.models import Community as Slug
from gateway.users.models import DisplayName

State = Literal["OPEN", "CLOSED"]


def _known(asset: str) -> str:
    if asset not in SCALES:
        raise ValueError(f"an asset is one of {', '.join(SCALES)}")
    return asset


Asset = Annotated[str, StringConstraints(min_length=2, max_length=12), AfterValidator(_known)]


@dataclass(frozen=True, slots=True)
class Community:
    """A community.

    Attributes:
        slug: Its name in addresses and on every row of its members; it stays.
        name: As people are shown it.
        asset: What it reckons in, if it says so.
        version: 0 while no event has told of it.
    """

    slug: str
    name: str
    asset: str | None
    state: State
    version: int
    opened_at: datetime
    opened_by: UUID | None
    changed_at: datetime


class NewCommunity(BaseModel):
    """Body of `POST /communities`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"slug": "hillside", "name": "Hillside", "asset": "LXC"}]},
    )

    slug: Slug
    name: DisplayName
    asset: Asset | None = None


class StateReason(BaseModel):
    """Body of `POST /communities/{slug}/close` and `.../reopen`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Reason


class CommunityView(BaseModel):
    """A community, as everybody sees it."""

    model_config = ConfigDict(frozen=True)

    slug: str
    name: str
    asset: str | None
    state: State
    opened_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, one: Community) -> Self:
        """Who opened it is not for everybody."""
        return cls(
            slug=one.slug,
            name=one.name,
            asset=one.asset,
            state=one.state,
            opened_at=one.opened_at,
            changed_at=one.changed_at,
        )


class CommunityPage(BaseModel):
    """Communities by their slugs."""

    model_config = ConfigDict(frozen=True)

    communities: list[CommunityView]
    next_cursor: str | None

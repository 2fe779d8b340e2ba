"""Words of profiles."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator

from contracts.gateway import Role
from contracts.money import SCALES
from gateway.profiles.lifecycle import Domain, Level, Mascot, check_zone
from gateway.users.change_roles import Reason
from gateway.users.lifecycle import check_shown
from gateway.users.models import DisplayName, RoleChange

Place = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(check_shown),
]
Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(check_zone)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]


def _check_currency(code: str) -> str:
    if code not in SCALES:
        raise ValueError(f"known are {', '.join(SCALES)}")
    return code


Currency = Annotated[str, StringConstraints(max_length=10), AfterValidator(_check_currency)]


class ProfileChange(BaseModel):
    """Body of `PATCH /me/profile`: what is left out stays; a place can be taken back with null."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"time_zone": "Europe/Amsterdam", "mascot": "CORAL"}]},
    )

    display_name: DisplayName | None = None
    time_zone: Zone | None = None
    language: Language | None = None
    currency: Currency | None = None
    mascot: Mascot | None = None
    domains: frozenset[Domain] | None = None
    city: Place | None = None
    neighbourhood: Place | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        emptied = [
            name
            for name in self.model_fields_set - {"city", "neighbourhood"}
            if getattr(self, name) is None
        ]
        if emptied or not self.model_fields_set:
            raise ValueError("name at least one field; only city and neighbourhood can be null")
        return self

    def changes(self) -> dict[str, Any]:
        """What is said, but for the name, which is the user's."""
        said = {name: getattr(self, name) for name in self.model_fields_set - {"display_name"}}
        return said | ({"domains": sorted(self.domains)} if self.domains is not None else {})


class Preferences(BaseModel):
    """What a person has said of themselves, and what is assumed until they do."""

    model_config = ConfigDict(frozen=True)

    version: int = 0
    time_zone: str = "UTC"
    language: str = "en"
    currency: str = "LXC"
    mascot: Mascot = "ACQUA"
    domains: list[Domain] = ["TRADING"]
    city: str | None = None
    neighbourhood: str | None = None


class ProgressView(BaseModel):
    """How far a person has come."""

    model_config = ConfigDict(frozen=True)

    points: int
    level: Level
    streak_days: int
    longest_streak_days: int


class ProfileView(Preferences):
    """A person, as they see themselves."""

    user_id: UUID
    display_name: str
    community: str
    roles: list[Role]
    member_since: datetime
    last_login_at: datetime | None
    progress: ProgressView


class RolesView(BaseModel):
    """A person's roles, and how they changed, the newest first."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    roles: list[Role]
    changes: list[RoleChange]


class LogOutWish(BaseModel):
    """Body of `POST /users/{id}/log-outs`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "the phone was stolen, Ana called"}]},
    )

    reason: Reason


class LogOutView(BaseModel):
    """How many sessions were ended."""

    model_config = ConfigDict(frozen=True)

    ended: int

"""Words of users."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from contracts.gateway import Role
from gateway.users.lifecycle import (
    EMAIL_MAX,
    PASSWORD_MAX,
    PASSWORD_MIN,
    IdentityKind,
    check_shown,
    normalise_email,
    normalise_phone,
)

Email = Annotated[
    str, StringConstraints(min_length=3, max_length=EMAIL_MAX), AfterValidator(normalise_email)
]
Phone = Annotated[
    str, StringConstraints(min_length=8, max_length=32), AfterValidator(normalise_phone)
]
DisplayName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(check_shown),
]
Community = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
NewPassword = Annotated[SecretStr, Field(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX)]
#: As typed to log in: what was good enough once is not refused by its form.
Password = Annotated[SecretStr, Field(min_length=1, max_length=PASSWORD_MAX)]


class Registration(BaseModel):
    """Body of `POST /users`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "email": "ana@example.org",
                    "password": "a long sentence is best",
                    "display_name": "Ana",
                    "community": "riverside",
                }
            ]
        },
    )

    email: Email
    password: NewPassword
    display_name: DisplayName
    #: Nothing for the one that the gateway calls home.
    community: Community | None = None


class UserView(BaseModel):
    """A user as they see themselves; nothing secret is in it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    display_name: str
    community: str
    roles: list[Role]


class RoleChange(BaseModel):
    """A change of a person's roles, and its trail."""

    model_config = ConfigDict(frozen=True)

    version: int
    changed_by: UUID | None
    before: tuple[Role, ...]
    after: tuple[Role, ...]
    reason: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """What a person logs in with, normalised."""

    kind: IdentityKind
    value: str


@dataclass(frozen=True, slots=True)
class Known:
    """An identity of a person, and since when it is known to be theirs."""

    identity: Identity
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a person can be written to.

    Attributes:
        display_name: What they are called.
        email: Theirs now, if they have one.
        verified: Whether they have shown that it is.
        former: What was theirs until lately: whoever held it hears of changes, too.
    """

    display_name: str
    email: str | None
    verified: bool
    former: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class User:
    """A person."""

    id: UUID
    display_name: str
    community: str
    roles: tuple[Role, ...]
    created_at: datetime

    def view(self) -> UserView:
        """As the person sees it."""
        return UserView(
            id=self.id,
            display_name=self.display_name,
            community=self.community,
            roles=list(self.roles),
        )


@dataclass(frozen=True, slots=True)
class Leaver:
    """A person who has left, and may think again until they are erased."""

    user: User
    leaving_at: datetime
    erase_at: datetime

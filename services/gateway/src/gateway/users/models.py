"""Words of users."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from contracts.gateway import Role
from gateway.users.lifecycle import EMAIL_MAX, check_shown, normalise_email

Email = Annotated[
    str, StringConstraints(min_length=3, max_length=EMAIL_MAX), AfterValidator(normalise_email)
]
DisplayName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(check_shown),
]
Community = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
#: At least eight characters; the upper bound keeps hashing cheap.
NewPassword = Annotated[SecretStr, Field(min_length=8, max_length=256)]


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
    community: Community = "riverside"


class UserView(BaseModel):
    """A user as they see themselves; nothing secret is in it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    display_name: str
    community: str
    roles: list[Role]


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

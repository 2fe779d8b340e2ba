"""Words of sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from chassis.tokens import Caller
from gateway.users.models import Email, User, UserView


class Credentials(BaseModel):
    """Body of `POST /sessions`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"email": "ana@example.org", "password": "a long sentence is best"}]
        },
    )

    email: Email
    password: Annotated[SecretStr, Field(min_length=1, max_length=256)]


class SessionView(BaseModel):
    """A new session. The token is shown this once."""

    model_config = ConfigDict(frozen=True)

    token: str
    expires_at: datetime
    user: UserView


@dataclass(frozen=True, slots=True)
class Session:
    """An open session and whose it is."""

    id: UUID
    user: User
    #: When it ends if it is not used again.
    ends_at: datetime

    def caller(self) -> Caller:
        """The person as services see them."""
        return Caller(
            self.user.id,
            frozenset(self.user.roles),
            self.user.community,
            session_id=self.id,
        )

    def to_cache(self) -> dict[str, Any]:
        """As the cache keeps it."""
        return {
            "id": str(self.id),
            "user_id": str(self.user.id),
            "display_name": self.user.display_name,
            "community": self.user.community,
            "roles": self.user.roles,
            "created_at": self.user.created_at,
            "ends_at": self.ends_at,
        }

    @classmethod
    def from_cache(cls, kept: dict[str, Any]) -> Self:
        """From what the cache kept."""
        user = User(
            UUID(kept["user_id"]),
            kept["display_name"],
            kept["community"],
            tuple(kept["roles"]),
            datetime.fromisoformat(kept["created_at"]),
        )
        return cls(UUID(kept["id"]), user, datetime.fromisoformat(kept["ends_at"]))

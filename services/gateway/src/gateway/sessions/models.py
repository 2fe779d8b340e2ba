"""Words of sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator

from chassis.tokens import Caller
from gateway.sessions.lifecycle import Strength
from gateway.users.models import Email, Identity, Password, Phone, User, UserView


class Credentials(BaseModel):
    """Body of `POST /sessions`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"email": "ana@example.org", "password": "a long sentence is best"}]
        },
    )

    email: Email | None = None
    phone: Phone | None = None
    password: Password

    @model_validator(mode="after")
    def _one_identity(self) -> Self:
        if (self.email is None) == (self.phone is None):
            raise ValueError("give email or phone, one of them")
        return self

    @property
    def identity(self) -> Identity:
        """What the person says they are known by."""
        if self.phone is not None:
            return Identity("phone", self.phone)
        return Identity("email", self.email or "")


@dataclass(frozen=True, slots=True)
class Device:
    """Where a session was opened, as far as the connection tells."""

    address: str
    agent: str | None


class SessionView(BaseModel):
    """A new session. The token is shown this once."""

    model_config = ConfigDict(frozen=True)

    token: str
    expires_at: datetime
    user: UserView


class SessionEntry(BaseModel):
    """One of a person's open sessions, as they see it in their list of devices."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    current: bool
    address: str | None
    agent: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    strengthened_by: Strength | None


class SessionList(BaseModel):
    """A person's open sessions, the last used first."""

    model_config = ConfigDict(frozen=True)

    sessions: list[SessionEntry]


@dataclass(frozen=True, slots=True)
class Session:
    """An open session and whose it is."""

    id: UUID
    user: User
    #: When it ends if it is not used again.
    ends_at: datetime
    #: When and how whoever holds it has last shown who they are.
    strengthened_at: datetime | None = None
    strengthened_by: Strength | None = None
    #: What a program may do with it; a person's session has no scopes and may do all they may.
    scopes: frozenset[str] | None = None

    def view(self, token: str) -> SessionView:
        """As whoever opened it is told."""
        return SessionView(token=token, expires_at=self.ends_at, user=self.user.view())

    def caller(self) -> Caller:
        """The person as services see them."""
        return Caller(
            self.user.id,
            frozenset(self.user.roles),
            self.user.community,
            self.scopes or frozenset(),
            session_id=self.id,
            proven_at=self.strengthened_at,
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
            "strengthened_at": self.strengthened_at,
            "strengthened_by": self.strengthened_by,
            "scopes": None if self.scopes is None else sorted(self.scopes),
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
        # What an older process kept knows neither strength nor scopes.
        strengthened_at, scopes = kept.get("strengthened_at"), kept.get("scopes")
        return cls(
            UUID(kept["id"]),
            user,
            datetime.fromisoformat(kept["ends_at"]),
            datetime.fromisoformat(strengthened_at) if strengthened_at else None,
            kept.get("strengthened_by"),
            None if scopes is None else frozenset(scopes),
        )

"""Words of codes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from gateway.users.lifecycle import IdentityKind
from gateway.users.models import Email, Identity, NewPassword, Password, Phone

Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{8}$")]


class Destination(BaseModel):
    """An e-mail or a phone."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_extra={"examples": [{"email": "ana@example.org"}]}
    )

    email: Email | None = None
    phone: Phone | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.email is None) == (self.phone is None):
            raise ValueError("give email or phone, one of them")
        return self

    @property
    def identity(self) -> Identity:
        """What is given."""
        if self.phone is not None:
            return Identity("phone", self.phone)
        return Identity("email", self.email or "")


class CodeShown(Destination):
    """Body of `POST /me/verifications/confirm`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "ana@example.org", "code": "31415926"}]}
    )

    code: Code


class PasswordReset(CodeShown):
    """Body of `POST /users/password-resets/confirm`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email": "ana@example.org",
                    "code": "31415926",
                    "password": "a long sentence is best",
                }
            ]
        }
    )

    password: NewPassword


class PasswordChange(BaseModel):
    """Body of `POST /me/password`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    current: Password
    password: NewPassword


class IdentityView(BaseModel):
    """What one logs in with."""

    model_config = ConfigDict(frozen=True)

    kind: IdentityKind
    value: str
    verified_at: datetime | None


class Identities(BaseModel):
    """All that one logs in with."""

    model_config = ConfigDict(frozen=True)

    identities: list[IdentityView]


@dataclass(frozen=True, slots=True)
class Sent:
    """A code that was sent, as it is stored."""

    id: UUID
    user_id: UUID | None
    code_hash: bytes
    attempts: int
    expires_at: datetime

"""Words of second factors."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator

from gateway.sessions.models import SessionView
from gateway.two_factor.lifecycle import Method, Purpose, is_challenge
from gateway.users.lifecycle import check_shown
from gateway.users.models import Password

Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{6}$")]
RecoveryCode = Annotated[str, StringConstraints(min_length=16, max_length=40)]
PasskeyName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(check_shown),
]


def _check_challenge(text: str) -> str:
    if not is_challenge(text):
        raise ValueError("a challenge is as it was answered, lxc_ and 43 characters")
    return text


ChallengeToken = Annotated[str, AfterValidator(_check_challenge)]
#: As the browser's `credential.toJSON()` gives it; the library reads and checks it.
Credential = dict[str, Any]
_FROZEN = ConfigDict(frozen=True, extra="forbid")


class Proof(BaseModel):
    """One of the ways to show a second factor."""

    model_config = _FROZEN

    code: Code | None = None
    recovery_code: RecoveryCode | None = None
    passkey: Credential | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [name for name in self.ways() if getattr(self, name) is not None]
        if len(ways) != 1:
            raise ValueError(f"give one of {', '.join(self.ways())}")
        return self

    @classmethod
    def ways(cls) -> tuple[str, ...]:
        """The fields of which one is given."""
        return ("code", "recovery_code", "passkey")


class SecondFactorAnswer(Proof):
    """Body of `POST /sessions/second-factor`."""

    challenge: ChallengeToken


class StepUp(Proof):
    """Body of `POST /sessions/current/step-up`; a passkey comes with the challenge it answers."""

    password: Password | None = None
    challenge: ChallengeToken | None = None

    @classmethod
    def ways(cls) -> tuple[str, ...]:
        """A password is enough for who has nothing else."""
        return ("password", "code", "recovery_code", "passkey")


class StayWish(BaseModel):
    """Body of `POST /sessions/stay`."""

    model_config = _FROZEN

    challenge: ChallengeToken


class TotpConfirmation(BaseModel):
    """Body of `POST /me/second-factor/totp/confirm`."""

    model_config = _FROZEN

    code: Code


class NewPasskey(BaseModel):
    """Body of `POST /me/passkeys`."""

    model_config = _FROZEN

    challenge: ChallengeToken
    name: PasskeyName
    credential: Credential


class TotpView(BaseModel):
    """A secret for an authenticator app; it is shown this once, and counts when it is confirmed."""

    model_config = ConfigDict(frozen=True)

    secret: str
    uri: str


class PasskeyView(BaseModel):
    """A passkey, as its owner sees it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


class SecondFactorState(BaseModel):
    """What a person has."""

    model_config = ConfigDict(frozen=True)

    methods: list[Method]
    totp_confirmed_at: datetime | None
    passkeys: list[PasskeyView]
    recovery_codes_left: int


class ChallengeView(BaseModel):
    """A challenge for a passkey; `options` is for the browser."""

    model_config = ConfigDict(frozen=True)

    challenge: str
    expires_at: datetime
    options: dict[str, Any]


class RecoveryCodes(BaseModel):
    """Codes to write down; they are shown this once, and each is good once."""

    model_config = ConfigDict(frozen=True)

    recovery_codes: list[str]


class Enrolled(RecoveryCodes):
    """What comes of a new second factor: codes if there were none, and a new session."""

    session: SessionView


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question to a person, and what is left of it."""

    id: UUID
    user_id: UUID
    purpose: Purpose
    nonce: bytes
    attempts: int
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Secret:
    """A TOTP secret as it is stored."""

    sealed: bytes
    key_id: str
    confirmed_at: datetime | None
    last_step: int | None


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as it is stored."""

    id: UUID
    credential_id: bytes
    public_key: bytes
    sign_count: int
    view: PasskeyView


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who we are to authenticators."""

    id: str
    origins: tuple[str, ...]

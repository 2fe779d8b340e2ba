"""People with second factors."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pyotp
import pytest

from chassis.clock import FixedClock
from services.gateway.tests.conftest import PASSWORD
from services.gateway.tests.two_factor.authenticator import Authenticator


@dataclass
class Person:
    """Somebody who is logged in, and what they hold.

    Attributes:
        gateway: The running gateway.
        clock: Its clock, which stands still until it is moved.
        email: Their log-in.
        token: Of their present session.
        secret: In their app.
        codes: On their slip of paper.
        device: Their authenticator.
    """

    gateway: Any
    clock: FixedClock
    email: str = ""
    token: str = ""
    secret: str = ""
    codes: list[str] = field(default_factory=list)
    device: Authenticator = field(default_factory=Authenticator)

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[Any, Any]:
        """Send a request as this person."""
        answer: tuple[Any, Any] = await self.gateway.send(
            method, f"/v1{path}", json=body, token=self.token
        )
        return answer

    def code(self) -> str:
        """The app's newest code; time goes on, so that it is always another one."""
        self.clock.move(timedelta(seconds=30))
        return pyotp.TOTP(self.secret).at(self.clock.now())

    async def log_in(self, password: str = PASSWORD) -> tuple[Any, Any]:
        """Give the password."""
        answer: tuple[Any, Any] = await self.gateway.log_in(self.email, password)
        return answer

    async def answer(self, challenge: str, **proof: Any) -> tuple[Any, Any]:
        """Answer the challenge of a log-in."""
        return await self.ask("POST", "/sessions/second-factor", {"challenge": challenge, **proof})

    async def enrol_app(self) -> Any:
        """Enrol an authenticator app."""
        _, made = await self.ask("POST", "/me/second-factor/totp")
        self.secret = made["secret"]
        response, enrolled = await self.ask(
            "POST", "/me/second-factor/totp/confirm", {"code": self.code()}
        )
        assert response.status == 201, enrolled
        self.token = enrolled["session"]["token"]
        self.codes = enrolled["recovery_codes"] or self.codes
        return enrolled

    async def enrol_passkey(self, device: Authenticator | None = None) -> tuple[Any, Any]:
        """Enrol a passkey."""
        _, asked = await self.ask("POST", "/me/passkeys/challenge")
        response, enrolled = await self.ask(
            "POST",
            "/me/passkeys",
            {
                "challenge": asked["challenge"],
                "name": "telephone",
                "credential": (device or self.device).create(asked["options"]),
            },
        )
        if response.status == 201:
            self.token = enrolled["session"]["token"]
            self.codes = enrolled["recovery_codes"] or self.codes
        return response, enrolled


@pytest.fixture
async def person(gateway: Any, clock: FixedClock) -> Person:
    """Somebody new, logged in, without a second factor."""
    email = f"{uuid4().hex}@example.org"
    await gateway.register(email)
    _, session = await gateway.log_in(email)
    return Person(gateway, clock, email, session["token"])

"""The port to whoever checks people, and a simulator of one for this machine."""

import hashlib
from typing import Final, Protocol
from uuid import UUID

from contracts.gateway import CheckKind
from gateway.compliance.models import Finding

TIMEOUT_SECONDS: Final = 3.0


class ProviderAway(Exception):
    """The provider gave no answer."""


class Provider(Protocol):
    """Who checks people.

    Attributes:
        name: As records tell it.
    """

    name: str

    async def check(self, user_id: UUID, shown_as: str, kind: CheckKind) -> Finding:
        """Check a person.

        Raises:
            ProviderAway: No answer.
        """


class Simulator:
    """Finds by words in the name that people show: for development, demonstrations and tests.

    `sanctioned` is on a list, `suspicious` has a flag, `risky` a score of 95, `unreachable` gives
    no answer; everybody else is clear, with a small score that is always the same.
    """

    name = "simulator"

    async def check(self, user_id: UUID, shown_as: str, kind: CheckKind) -> Finding:
        """As the name says."""
        words = shown_as.lower()
        digest = hashlib.sha256(f"{user_id}/{kind}".encode())
        score = digest.digest()[0] % 20
        flags: tuple[str, ...] = ()
        if "unreachable" in words:
            raise ProviderAway(f"{self.name} does not answer")
        if "sanctioned" in words and kind == "SANCTIONS":
            flags, score = ("listed",), 100
        elif "suspicious" in words and kind == "AML":
            flags, score = ("pattern",), 70
        elif "risky" in words:
            score = 95
        return Finding(f"sim-{digest.hexdigest()[:12]}", score, flags)

"""Rules of registrations. Pure."""

from datetime import timedelta
from typing import Final

from gateway.sessions.lifecycle import Brake

#: How often one address is told that an e-mail is taken, whosever, before it has to wait.
TAKEN: Final = Brake(20, 900, timedelta(hours=1))


def address_subject(address: str) -> str:
    """What refused registrations of an address are counted for."""
    return f"registering\x1f{address}"

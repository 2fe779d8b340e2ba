"""Check that a new password is not easy to guess."""

from collections.abc import Sequence

from gateway.users.breached import COMMON, Breached
from gateway.users.errors import WeakPassword
from gateway.users.lifecycle import password_fault


async def check_password(breached: Breached, password: str, *, known: Sequence[str]) -> None:
    """Refuse what is short, common, lost by others, or made of what everybody knows.

    Args:
        breached: Knows passwords that others have lost.
        password: As typed.
        known: Names and addresses of the person.

    Raises:
        WeakPassword: It is easy to guess; the problem says why.
    """
    fault = password_fault(password, known, COMMON)
    if fault is None and await breached.knows(password):
        fault = "others have lost it: it is in a list of breached passwords; take another"
    if fault is not None:
        raise WeakPassword.because(fault)

"""Rules of second factors: steps, codes, challenges. Pure."""

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from pyotp import TOTP

from gateway.sessions.lifecycle import Brake

type Purpose = Literal["log-in", "step-up", "add-passkey", "stay"]
type Method = Literal["totp", "recovery_code", "passkey"]

STEP_SECONDS: Final = 30
#: A code of the step before is taken for so long: RFC 6238 (5.2) allows one step for the way.
DELAY_SECONDS: Final = 10
RECOVERY_CODES: Final = 10
PASSKEYS_MAX: Final = 20
CHALLENGE_LIFE: Final = timedelta(minutes=5)
CHALLENGE_ATTEMPTS: Final = 5
CHALLENGE_PREFIX: Final = "lxc_"
#: Six digits are guessed in a million: wrong ones count for the person, whatever the challenge.
SECOND: Final = Brake(5, 900, timedelta(hours=1))
_CHALLENGE: Final = re.compile(r"lxc_[A-Za-z0-9_-]{43}", re.ASCII)


def step_of(now: datetime) -> int:
    """The number of the half minute."""
    return int(now.timestamp()) // STEP_SECONDS


def match_step(secret: str, code: str, now: datetime, after: int | None) -> int | None:
    """The step whose code this is; nothing when it is none, or of a step that was used.

    A code lives for its step, and for the few seconds that it takes to send what was typed at the
    end of it. One ahead of time is not taken: whose clock is wrong sets it.

    Args:
        secret: In base32.
        code: Six digits.
        now: The clock's time.
        after: The last step that was used.
    """
    totp, found = TOTP(secret), None
    for step in range(step_of(now - timedelta(seconds=DELAY_SECONDS)), step_of(now) + 1):
        right = hmac.compare_digest(totp.generate_otp(step), code)
        if right and (after is None or step > after):
            found = step
    return found


def recovery_code(random: bytes) -> str:
    """Ten random bytes as a person writes them down: `abcd-efgh-ijkl-mnop`."""
    text = base64.b32encode(random).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def read_recovery_code(text: str) -> str:
    """The code without what people add or leave out."""
    return re.sub(r"[\s-]", "", text).lower()


def is_challenge(text: str) -> bool:
    """Whether a text has the form of a challenge's token."""
    return bool(_CHALLENGE.fullmatch(text))


def methods_of(*, totp: bool, passkeys: int, codes: int) -> Sequence[Method]:
    """What a person may answer with; empty without a second factor, whatever codes are left."""
    found: list[Method] = []
    if totp:
        found.append("totp")
    if passkeys:
        found.append("passkey")
    if found and codes:
        found.append("recovery_code")
    return found

"""What a reason is. Pure."""

from typing import Final

from gateway.access_log.errors import ReasonNeeded
from gateway.users.lifecycle import check_shown

REASON_MIN: Final = 10
REASON_MAX: Final = 500


def read_reason(header: bytes) -> str:
    """Why, as whom it is about will read it.

    Args:
        header: The value of `Access-Reason`, empty when there is none.

    Raises:
        ReasonNeeded: It is missing, too short or too long, or has what cannot be seen.
    """
    try:
        reason = check_shown(header.decode().strip())
    except ValueError:
        reason = ""
    if not REASON_MIN <= len(reason) <= REASON_MAX:
        raise ReasonNeeded.why(
            f"{REASON_MIN} to {REASON_MAX} characters that can be seen, in UTF-8"
        )
    return reason

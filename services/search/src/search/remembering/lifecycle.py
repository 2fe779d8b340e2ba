"""Which answers still hold. Pure."""

from dataclasses import dataclass
from typing import Final

#: Larger answers are not kept.
ANSWER_BYTES_MAX: Final = 128 * 1024
_SEPARATOR: Final = b"\n"
_NO_EPOCH: Final = b""
#: Of an answer's parts before its content.
_HEAD_PARTS: Final = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it is remembered: of whoever asks, their community counts, and nothing more."""

    community: str
    key: str


def pack(epoch: bytes | None, began_at_ms: int, content: bytes) -> bytes:
    """An answer with the epoch in which it was looked for, and when that began."""
    return _SEPARATOR.join((epoch or _NO_EPOCH, b"%d" % began_at_ms, content))


def unpack(
    value: bytes | None, epoch: bytes | None, *, now_ms: int, max_age_ms: int
) -> bytes | None:
    """The answer, if it was looked for in this very epoch and a moment ago.

    That it is forgotten in time is up to who keeps it; its age is looked at all the same, because
    what was sent to be kept may have lain on the way.
    """
    if value is None:
        return None
    written, began_at, content = value.split(_SEPARATOR, _HEAD_PARTS)
    is_fresh = abs(now_ms - int(began_at)) < max_age_ms
    return content if is_fresh and written == (epoch or _NO_EPOCH) else None


def left_ms(began_at: float, now: float, max_age_ms: int) -> int:
    """For how long an answer may still be given, counted from before it was looked for."""
    return int(began_at * 1000 + max_age_ms - now * 1000)

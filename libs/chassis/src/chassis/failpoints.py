"""Failpoints: named places between two steps, where a test lets a process die, fail or wait.

`await reach("inbox.after_effect")` does nothing unless the point is switched on, and only a process
in development can switch one on: by `LOCALEX_FAILPOINTS`, or by a test that calls `arm`. A wish is
`point=action`, with `:seconds` for how long to stall and `@n` for the n-th time the point is
reached; several are divided by `;`. Each fires once, so that what comes after it is recovery.
"""

import asyncio
import os
import re
import signal
from dataclasses import dataclass
from typing import Final, Literal, cast

type Action = Literal["kill", "raise", "cancel", "stall"]

ACTIONS: Final[tuple[Action, ...]] = ("kill", "raise", "cancel", "stall")
STALL_SECONDS: Final = 5.0
_WISH: Final = re.compile(
    r"(?P<point>[a-z_]+\.[a-z_]+)=(?P<action>[a-z]+)(:(?P<seconds>\d+(\.\d+)?))?(@(?P<nth>\d+))?"
)


class FailpointReached(Exception):
    """What `raise` raises: to everybody who meets it, a defect."""


@dataclass
class _Wish:
    action: Action
    seconds: float
    left: int


#: Wishes by point; nothing at all in every process that is not being tested.
_armed: dict[str, _Wish] | None = None
#: Points that have fired in this process, in order.
fired: Final[list[str]] = []
#: Those whose stall is over.
stalled: Final[list[str]] = []


def arm(wishes: str, *, env: str) -> None:
    """Switch points on, in place of those that were on before; an empty text switches all off.

    Raises:
        ValueError: Outside development, or the text is no list of wishes.
    """
    global _armed  # noqa: PLW0603 - a name of the module is what `reach` can look at for nothing
    if wishes and env != "dev":
        raise ValueError("failpoints are for development only")
    _armed = dict(map(_read, wishes.split(";"))) if wishes else None
    fired.clear()
    stalled.clear()


def _read(text: str) -> tuple[str, _Wish]:
    found = _WISH.fullmatch(text.strip())
    if found is None or found["action"] not in ACTIONS:
        raise ValueError(f"{text!r} is no failpoint: point={'|'.join(ACTIONS)}[:seconds][@n]")
    action = cast("Action", found["action"])
    seconds = float(found["seconds"] or STALL_SECONDS)
    return found["point"], _Wish(action, seconds, int(found["nth"] or 1))


async def reach(point: str) -> None:
    """Say that a place is reached; what a test wished for it happens here."""
    if _armed is not None:
        await _fire(_armed, point)


async def _fire(armed: dict[str, _Wish], point: str) -> None:
    wish = armed.get(point)
    if wish is None:
        return
    wish.left -= 1
    if wish.left:
        return
    fired.append(point)
    match wish.action:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise":
            raise FailpointReached(point)
        case "cancel":
            raise asyncio.CancelledError(point)
        case "stall":
            await asyncio.sleep(wish.seconds)
            stalled.append(point)

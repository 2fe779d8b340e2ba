"""What a fault met, written down before it happens: a process that was killed tells nothing."""

import json
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

from chassis import failpoints
from marketplace.trades import move

#: The service whose part this task is.
service: Final = ContextVar("service", default="")
_heard: Final = ContextVar("heard", default="")
_step: Final = ContextVar("step", default="")
#: By what the act of a part is told: a trade's step, whose timer it is; else what was heard.
_ACTS: Final = {"trades": _step, "timers": service}


def hear(records: Sequence[Any]) -> None:
    """Note which messages this task is about to handle."""
    types = {
        value.decode().rpartition(".")[2]
        for record in records
        for name, value in record.headers
        if name == "ce_type"
    }
    _heard.set(",".join(sorted(types)))


def watch(path: Path) -> None:
    """Write down each fault of this process, with the act that meets it, until the process ends."""
    fire, advance = failpoints._fire, vars(move)["advance"]

    async def noted(armed: Any, point: str) -> None:
        wish = armed.get(point)
        if wish is not None and wish.left == 1:
            act = _ACTS.get(point.partition(".")[0], _heard).get()
            with path.open("a") as file:
                file.write(json.dumps([point, act]) + "\n")
        await fire(armed, point)

    def stepping(trade: Any, step: Any, **changes: Any) -> Any:
        _step.set(step.action)
        return advance(trade, step, **changes)

    failpoints._fire = noted
    vars(move)["advance"] = stepping


def read_met(path: Path) -> list[tuple[str, str]]:
    """Points and acts of the faults of a cell, in order."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [(point, act) for point, act in map(json.loads, lines)]

"""What services called an error while a run went on: why something was answered as a defect."""

import re
from pathlib import Path
from typing import Any, Final

import orjson

from embedded.torture.plan import SERVICES

_KEPT_MAX: Final = 40
_TEXT_MAX: Final = 6_000
#: What tells one row from another: ids, times and sums.
_OF_A_ROW: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")


def read_complaints(logs: Path) -> list[dict[str, Any]]:
    """Errors in the services' own words, with their tracebacks; libraries' are left out.

    Args:
        logs: Where each part's log is, with those that were put aside.

    Returns:
        The first of each kind, whichever row it was about, as they were logged; long ones are cut.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for service in SERVICES:
        for path in sorted(logs.glob(f"{service}.log*")):
            for line in path.read_bytes().splitlines():
                told = _error_of(line)
                if told is not None and len(found) < _KEPT_MAX:
                    text = str(told.get("exception", ""))
                    kind = f"{told.get('event')} {_OF_A_ROW.sub('', text)[-200:]}"
                    cut = {name: str(value)[-_TEXT_MAX:] for name, value in told.items()}
                    found.setdefault((service, kind), cut)
    return [*found.values()]


def _error_of(line: bytes) -> dict[str, Any] | None:
    if b'"error"' not in line:
        return None
    try:
        told = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    # What is logged by a logger of a name is a library's.
    ours = isinstance(told, dict) and told.get("level") == "error"
    return told if ours and str(told.get("logger", "chassis")).startswith(_OURS) else None


_OURS: Final = ("chassis", "contracts", *SERVICES)

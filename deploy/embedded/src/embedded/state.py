"""What a data folder remembers between starts."""

import json
from typing import Any

from embedded.places import Places


def read_state(places: Places) -> dict[str, Any]:
    """The remembered facts; empty when the folder was never used."""
    try:
        value = json.loads(places.state_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def stack_id_of(places: Places) -> str | None:
    """The id of the stack; None when the folder was never used."""
    found = read_state(places).get("stack_id")
    return str(found) if found else None

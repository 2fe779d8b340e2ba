"""Old versions of messages are read by lifting them, one version at a time, to the present."""

import json
from collections.abc import Callable
from typing import Any, Final

from contracts.messages import Message

type Lift = Callable[[dict[str, Any]], dict[str, Any]]

#: (type name, from version) -> a function that makes the next version of the payload.
LIFTS: Final[dict[tuple[str, int], Lift]] = {}


def upcast(model: type[Message], version: int, payload: bytes) -> dict[str, Any]:
    """Lift a payload of an old version to the model's present version.

    Raises:
        ValueError: The version is newer than ours, or a step is missing.
    """
    if version > model.VERSION:
        raise ValueError(f"version {version} is newer than {model.VERSION}")
    content: dict[str, Any] = json.loads(payload)
    if not isinstance(content, dict):
        raise ValueError("the payload is no object")  # noqa: TRY004 - one error class for the caller
    for step in range(version, model.VERSION):
        lift = LIFTS.get((model.type_name(), step))
        if lift is None:
            raise ValueError(f"version {step} can't be lifted")
        content = lift(content)
    return content

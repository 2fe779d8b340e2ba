"""The chain of the audit log, as anybody can recompute it. Pure.

A hash is SHA-256 over the hash before it and the line of an event; the line has the place in the
chain and every column, each with its length before it, so that it can be read in one way only.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

#: In this order, behind the place.
COLUMNS: Final = (
    "id",
    "recorded_at",
    "recorded_as",
    "action",
    "actor_id",
    "actor_name",
    "entity",
    "entity_id",
    "before",
    "after",
    "reason",
    "address",
    "agent",
    "session_id",
    "correlation_id",
)


def genesis(service: str) -> bytes:
    """What the first event is chained to."""
    return sha256(f"localex audit of {service}".encode()).digest()


def write_line(seq: int, event: Mapping[str, Any]) -> str:
    """An event at its place, as the text that is hashed; times in microseconds since 1970."""
    parts = [str(seq), *(event[name] for name in COLUMNS)]
    return ",".join("-" if one is None else f"{len(one.encode())}:{one}" for one in parts)


def link(before: bytes, seq: int, event: Mapping[str, Any]) -> bytes:
    """The hash at a place."""
    return sha256(before + write_line(seq, event).encode()).digest()

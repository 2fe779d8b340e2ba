"""The detours of a stack: one before each engine and service, with a door for each who uses it."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Final

from embedded.parts.kafka import detour_port
from embedded.places import Places
from embedded.torture.plan import SERVICES
from embedded.torture.proxy import Detour

#: Who comes to what: services to engines, and the gateway to services.
USERS: Final[Mapping[str, tuple[str, ...]]] = {
    "postgres": SERVICES,
    "kafka": SERVICES,
    "valkey": SERVICES,
    "s3": SERVICES,
    "opensearch": ("search",),
    "ledger": ("gateway",),
    "marketplace": ("gateway",),
    "search": ("gateway",),
}


def make_detours(places: Places, chance: random.Random) -> dict[str, Detour]:
    """Detours before all parts of a stack that may yet have to be started; not open yet."""
    return {
        part: Detour(part, _port_of(places, part), chance, users) for part, users in USERS.items()
    }


def ports_told(detours: Mapping[str, Detour]) -> dict[str, int]:
    """What `Stack.start` has to be told of open detours: each service goes by its own door."""
    return {
        f"{user}:{part}": port
        for part, detour in detours.items()
        for user, port in detour.ports.items()
    }


def _port_of(places: Places, part: str) -> Callable[[str], int]:
    """Where a part listens for a user, as soon as it has a port."""

    def look(user: str) -> int:
        ports = json.loads(places.state_file.read_text(encoding="utf-8"))["ports"]
        return int(ports[detour_port(f"{user}:kafka") if part == "kafka" else part])

    return look

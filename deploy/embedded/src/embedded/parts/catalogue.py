"""Which parts a stack has."""

from collections.abc import Sequence

from embedded.credentials import SERVICES
from embedded.parts.base import Part
from embedded.parts.kafka import Kafka
from embedded.parts.migrations import Migrations
from embedded.parts.opensearch import OpenSearch
from embedded.parts.postgres import Postgres
from embedded.parts.s3 import ObjectStore
from embedded.parts.service import Service, is_runnable
from embedded.parts.valkey import Valkey
from embedded.profiles import SERVER_NAMES, Profile, server_names


def choose_parts(
    profile: Profile, *, only: Sequence[str] | None = None, services: bool = True
) -> list[Part]:
    """The parts of a stack, in the order in which they are shown.

    Args:
        profile: `full`, or `lite`.
        only: Servers to have; all of the profile when not given.
        services: Whether to have the services too, and the migrations they need.

    Raises:
        ValueError: `only` names no known server.
    """
    known: dict[str, Part] = {
        "postgres": Postgres(),
        "kafka": Kafka(),
        "valkey": Valkey(),
        "opensearch": OpenSearch(),
        "s3": ObjectStore(),
    }
    names = list(only) if only is not None else server_names(profile)
    for name in names:
        if name not in known:
            raise ValueError(f"{name!r} is not one of {', '.join(known)}")
    parts = [known[name] for name in SERVER_NAMES if name in names]
    if services:
        parts.append(Migrations())
        # Not OpenSearch and S3: a service works without them.
        needed = tuple(
            n for n in ("migrations", "kafka", "valkey") if n == "migrations" or n in names
        )
        parts += [Service(name, needed) for name in SERVICES if is_runnable(name)]
    return parts

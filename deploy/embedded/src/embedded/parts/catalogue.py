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
    profile: Profile,
    *,
    only: Sequence[str] | None = None,
    services: Sequence[str] | None = None,
    migrate: bool = True,
    detoured: frozenset[str] = frozenset(),
) -> list[Part]:
    """The parts of a stack, in the order in which they are shown.

    Args:
        profile: `full`, or `lite`.
        only: Servers to have; all of the profile when not given.
        services: Services to have; all that can run when not given.
        migrate: Whether to bring the schemas up, which services need.
        detoured: Parts that somebody stands before, for all services or one: `ledger:kafka`.

    Raises:
        ValueError: A name is not known.
    """
    known: dict[str, Part] = {
        "postgres": Postgres(),
        "kafka": Kafka([one for one in sorted(detoured) if one.rpartition(":")[2] == "kafka"]),
        "valkey": Valkey(),
        "opensearch": OpenSearch(),
        "s3": ObjectStore(),
    }
    names = list(only) if only is not None else server_names(profile)
    wanted = list(services) if services is not None else list(filter(is_runnable, SERVICES))
    for name in (*names, *wanted):
        if name not in known and name not in SERVICES:
            raise ValueError(f"{name!r} is not one of {', '.join((*known, *SERVICES))}")
    parts = [known[name] for name in SERVER_NAMES if name in names]
    if migrate:
        parts.append(Migrations())
    # Not OpenSearch and S3: a service works without them.
    needed = tuple(name for name in ("kafka", "valkey") if name in names)
    return parts + [Service(name, ("migrations", *needed)) for name in wanted]

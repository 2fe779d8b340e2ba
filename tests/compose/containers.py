"""The containers that the compose file runs from our image."""

import functools
import re
from dataclasses import dataclass
from typing import Any, Final

import yaml

from tests.tidy.tree import ROOT

VARIABLE: Final = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
#: Settings that our containers are given, and no process of the embedded stack.
CONTAINERS_ONLY: Final = {
    "GATEWAY_BEHIND_TLS": "something before the published port ends TLS",
    "LOCALEX_HTTP_HOST": "all interfaces of a container; no part of the embedded stack has others",
    "LOCALEX_POOL_MAX": "the roles are apart, each with a pool of its own",
    "LOCALEX_S3_PUBLIC_ENDPOINT": "outside of the network the storage has another address",
    "LOCALEX_TRUSTED_NETWORK": "the containers share a network in which nobody else is",
    "MARKETPLACE_IMAGES_BASE_URL": "whoever publishes the gateway may choose another address",
}
#: Settings of the embedded stack that no container is given.
EMBEDDED_ONLY: Final = {
    "LOCALEX_OPERATOR_DATABASE_URL": "for commands of operators, which run outside of containers",
    **{
        f"{name}_HTTP_HOST": "LOCALEX_HTTP_HOST says it of all services at once"
        for name in ("GATEWAY", "LEDGER", "MARKETPLACE", "SEARCH")
    },
}


def settings_given(topology: dict[str, Any]) -> dict[str, set[str]]:
    """What our containers are given, by name: one value, or several that differ."""
    given: dict[str, set[str]] = {}
    for container in topology["services"].values():
        if container["image"] == "localex:dev":
            for name, value in container["environment"].items():
                given.setdefault(name, set()).add(value)
    return given


@dataclass(frozen=True, slots=True)
class Container:
    """What a container is told: its words, its settings and where its volumes are."""

    entrypoint: list[str] | None
    command: list[str]
    environment: dict[str, str]
    mounts: frozenset[str]
    probe: list[str] | None


@functools.cache
def containers() -> dict[str, Container]:
    """Our containers by name, with made-up secrets for those that have no default."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return {name: _read(told) for name, told in services.items() if "build" in told}


def _read(told: dict[str, Any]) -> Container:
    environment = {k: _filled(str(v)) for k, v in told.get("environment", {}).items()}
    probe = told.get("healthcheck", {}).get("test")
    return Container(
        entrypoint=told.get("entrypoint"),
        command=told["command"],
        environment=environment,
        mounts=frozenset(volume.split(":")[1] for volume in told.get("volumes", [])),
        probe=probe[1:] if probe else None,
    )


def _filled(text: str) -> str:
    return VARIABLE.sub(lambda found: found[3] if found[2] == "-" else "made-up", text)

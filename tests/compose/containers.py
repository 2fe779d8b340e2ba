"""The containers that the compose file runs from our image."""

import functools
import re
from dataclasses import dataclass
from typing import Any, Final

import yaml

from tests.tidy.tree import ROOT

VARIABLE: Final = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


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

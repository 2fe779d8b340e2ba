"""The list of what is fetched: coordinates, sizes and digests; no addresses."""

import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MANIFEST_FILE: Final = Path(__file__).with_name("manifest.json")
_MACHINES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64v8", "arm64": "arm64v8"}


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of a Maven repository."""

    group: str
    name: str
    version: str
    packaging: str
    sha256: str
    size_bytes: int

    @property
    def coordinate(self) -> str:
        """As people write it."""
        return f"{self.group}:{self.name}:{self.version}:{self.packaging}"

    @property
    def relative_path(self) -> Path:
        """Where it lies in a repository of the usual layout."""
        folder = Path(*self.group.split("."), self.name, self.version)
        return folder / f"{self.name}-{self.version}.{self.packaging}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What one server needs."""

    name: str
    version: str
    artifacts: tuple[Artifact, ...]


def machine_name() -> str:
    """This machine in the words of the Postgres builds, such as `linux-amd64`.

    Raises:
        LookupError: There is no build for this machine.
    """
    system, machine = platform.system().lower(), platform.machine().lower()
    if system not in {"linux", "darwin"} or machine not in _MACHINES:
        raise LookupError(
            f"there are no server builds for {system} on {machine}; Linux and macOS on x86-64 and "
            "ARM64 are supported (docker-compose.yml works elsewhere)"
        )
    return f"{system}-{_MACHINES[machine]}"


def load_manifest(path: Path = MANIFEST_FILE) -> dict[str, Bundle]:
    """Read the manifest: bundle name to bundle."""
    written = json.loads(path.read_text(encoding="utf-8"))
    bundles = {}
    for name, value in written["bundles"].items():
        artifacts = []
        for row in value["artifacts"]:
            group, artifact, version, packaging = row["coordinate"].split(":")
            artifacts.append(
                Artifact(group, artifact, version, packaging, row["sha256"], row["size_bytes"])
            )
        bundles[name] = Bundle(name, value["version"], tuple(artifacts))
    return bundles


def bundle_for(server: str, bundles: dict[str, Bundle] | None = None) -> Bundle:
    """The bundle of a server on this machine."""
    known = load_manifest() if bundles is None else bundles
    return known[f"postgres-{machine_name()}" if server == "postgres" else server]

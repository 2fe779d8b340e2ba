"""Everything the chosen servers need, ready in the cache."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embedded.fetch.cache import ArtifactCache, Silent, Watcher
from embedded.fetch.installed import ensure_java, ensure_valkey
from embedded.fetch.manifest import Bundle, bundle_for, load_manifest
from embedded.fetch.unpack import ensure_unpacked, unpack_opensearch, unpack_postgres

JAVA_SERVERS: Final = ("kafka", "opensearch", "s3")
FETCHED_SERVERS: Final = ("postgres", *JAVA_SERVERS)

#: Modules that nothing here uses; each costs start-up time and memory.
_OPENSEARCH_WITHOUT: Final = (
    "ingest-geoip",
    "ingest-user-agent",
    "opensearch-dashboards",
    "repository-url",
    "rule-framework",
)


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the programs lie; only what was asked for."""

    java: Path | None = None
    postgres: Path | None = None
    opensearch: Path | None = None
    valkey: Path | None = None
    kafka_jars: tuple[Path, ...] = ()
    s3_jars: tuple[Path, ...] = ()


def ensure_servers(names: list[str], cache: Path, watcher: Watcher | None = None) -> Servers:
    """Fetch and unpack what the named servers need; quick when it is all there.

    Args:
        names: Names of servers; others are ignored.
        cache: The shared cache folder.
        watcher: Told how it goes.

    Raises:
        FetchFailed: Something could not be had.
    """
    told = watcher or Silent()
    # Servers run as another user read the cache: a strict umask must not close it.
    umask = os.umask(0o022)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "unpacked").mkdir(exist_ok=True)
        manifest = load_manifest()
        bundles = {name: bundle_for(name, manifest) for name in names if name in FETCHED_SERVERS}
        artifacts = ArtifactCache(cache)
        artifacts.ensure([a for bundle in bundles.values() for a in bundle.artifacts], told)
        wants_java = any(name in JAVA_SERVERS for name in names)
        return Servers(
            java=ensure_java(cache, told) if wants_java else None,
            postgres=_postgres(bundles, artifacts, told),
            opensearch=_opensearch(bundles, artifacts, told),
            valkey=ensure_valkey(cache, told) if "valkey" in names else None,
            kafka_jars=_jars(bundles, artifacts, "kafka"),
            s3_jars=_jars(bundles, artifacts, "s3"),
        )
    finally:
        os.umask(umask)


def _jars(bundles: dict[str, Bundle], artifacts: ArtifactCache, name: str) -> tuple[Path, ...]:
    bundle = bundles.get(name)
    return tuple(artifacts.path_of(a) for a in bundle.artifacts) if bundle else ()


def _postgres(bundles: dict[str, Bundle], artifacts: ArtifactCache, told: Watcher) -> Path | None:
    bundle = bundles.get("postgres")
    if bundle is None:
        return None
    (jar,) = bundle.artifacts
    folder = artifacts.folder / "unpacked" / f"postgres-{bundle.version}-{jar.sha256[:12]}"
    return ensure_unpacked(folder, unpack_postgres(artifacts.path_of(jar)), told)


def _opensearch(bundles: dict[str, Bundle], artifacts: ArtifactCache, told: Watcher) -> Path | None:
    bundle = bundles.get("opensearch")
    if bundle is None:
        return None
    distribution = next(a for a in bundle.artifacts if a.name == "opensearch")
    plugin = next(a for a in bundle.artifacts if a.name == "opensearch-knn")
    jars = [artifacts.path_of(a) for a in bundle.artifacts if a.packaging == "jar"]
    folder = (
        artifacts.folder / "unpacked" / f"opensearch-{bundle.version}-{distribution.sha256[:12]}"
    )
    fill = unpack_opensearch(
        artifacts.path_of(distribution), artifacts.path_of(plugin), jars, _OPENSEARCH_WITHOUT
    )
    return ensure_unpacked(folder, fill, told)

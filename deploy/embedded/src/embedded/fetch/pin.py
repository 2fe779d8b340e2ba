"""Maintenance: resolve, fetch and write the manifest anew.

Run `python -m embedded.fetch.pin` after changing a version here; commit what it writes.
"""

import json
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from embedded.fetch.cache import digest_of
from embedded.fetch.manifest import MANIFEST_FILE

POSTGRES: Final = "18.6.0"
KAFKA: Final = "4.3.1"
OPENSEARCH: Final = "3.5.0"
S3PROXY: Final = "4.1.0"

_POSTGRES_MACHINES: Final = ("linux-amd64", "linux-arm64v8", "darwin-amd64", "darwin-arm64v8")

#: The other providers' libraries (three clouds' clients among them) are four fifths of the bytes
#: and never loaded by the `filesystem-nio2` provider.
_S3_KEPT: Final = re.compile(
    r"org\.gaul:|tools\.jackson|args4j:|ch\.qos\.logback:|org\.slf4j:slf4j-api|jakarta\.servlet:"
    r"|com\.fasterxml\.woodstox|org\.codehaus\.woodstox|com\.google\.guava:(guava|failureaccess):"
    r"|com\.fasterxml\.jackson\.core:jackson-annotations|org\.reactivestreams:"
    r"|software\.amazon\.(awssdk|eventstream):(?!apache5-client|sts)"
)


def _resolve(context: Any, coordinate: str) -> list[str]:
    """The artifact and all it needs to run, sorted."""
    dependency = context.create_dependency(coordinate)
    _, nodes = context.resolver.get_dependency_list([dependency])
    found = {f"{coordinate}:jar"}
    for node in nodes:
        dep = node.dep
        found.add(f"{dep.groupId}:{dep.artifactId}:{dep.version}:{dep.type}")
    return sorted(found)


def _wanted(context: Any) -> dict[str, tuple[str, list[str]]]:
    kafka = _resolve(context, f"org.apache.kafka:kafka_2.13:{KAFKA}")
    log4j = next(c.split(":")[2] for c in kafka if ":log4j-core:" in c)
    # Kafka's own package adds the binding; without it the broker logs nothing.
    kafka.append(f"org.apache.logging.log4j:log4j-slf4j-impl:{log4j}:jar")
    s3 = [c for c in _resolve(context, f"org.gaul:s3proxy:{S3PROXY}") if _S3_KEPT.match(c)]
    opensearch = [
        f"org.opensearch.distribution.integ-test-zip:opensearch:{OPENSEARCH}:zip",
        f"org.opensearch.plugin:opensearch-knn:{OPENSEARCH}.0:zip",
        "com.ibm.icu:icu4j:77.1:jar",
        "com.ibm.icu:icu4j-localespi:77.1:jar",
    ]
    wanted = {
        "kafka": (KAFKA, sorted(kafka)),
        "opensearch": (OPENSEARCH, opensearch),
        "s3": (S3PROXY, s3),
    }
    for machine in _POSTGRES_MACHINES:
        name = f"io.zonky.test.postgres:embedded-postgres-binaries-{machine}:{POSTGRES}:jar"
        wanted[f"postgres-{machine}"] = (POSTGRES.removesuffix(".0"), [name])
    return wanted


def _row(context: Any, coordinate: str) -> dict[str, object]:
    group, name, version, packaging = coordinate.split(":")
    component = context.project(group, name).at_version(version)
    path = component.artifact(packaging=packaging).resolve()
    return {
        "coordinate": coordinate,
        "sha256": digest_of(path),
        "size_bytes": path.stat().st_size,
    }


def main() -> None:
    """Write the manifest."""
    from jgo.maven import MavenContext

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(8) as pool:
        context = MavenContext(repo_cache=Path(folder), timeout=60)
        bundles = {}
        for name, (version, coordinates) in _wanted(context).items():
            rows = list(pool.map(lambda c: _row(context, c), coordinates))
            bundles[name] = {"version": version, "artifacts": rows}
            print(name, version, len(rows), sum(int(str(row["size_bytes"])) for row in rows))
    MANIFEST_FILE.write_text(json.dumps({"bundles": bundles}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

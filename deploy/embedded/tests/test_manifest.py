"""The manifest pins everything and names no address."""

import re

import pytest

from embedded.fetch.manifest import MANIFEST_FILE, bundle_for, load_manifest
from embedded.fetch.servers import FETCHED_SERVERS


def test_every_artifact_is_pinned_by_version_and_digest() -> None:
    """No range, no `LATEST`, no snapshot, and a whole SHA-256 for each."""
    for bundle in load_manifest().values():
        assert bundle.artifacts
        for artifact in bundle.artifacts:
            assert re.fullmatch(r"[0-9][\w.+-]*|v1-rev[\w.-]+", artifact.version), artifact
            assert "SNAPSHOT" not in artifact.version
            assert re.fullmatch(r"[0-9a-f]{64}", artifact.sha256)
            assert artifact.size_bytes > 0


def test_no_address_is_written() -> None:
    """Tools know their own registries."""
    assert "//" not in MANIFEST_FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("server", FETCHED_SERVERS)
def test_this_machine_has_every_server(server: str) -> None:
    """There is a bundle for each server that is fetched."""
    assert bundle_for(server).version


def test_kafka_can_log() -> None:
    """Its dependencies lack the logging binding; without it the broker is silent."""
    assert any(artifact.name == "log4j-slf4j-impl" for artifact in bundle_for("kafka").artifacts)

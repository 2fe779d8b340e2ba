"""Every cache entry is what the manifest says, or it is fetched again."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded.fetch.cache import ArtifactCache
from embedded.fetch.download import FetchFailed
from embedded.fetch.manifest import Artifact

CONTENT = b"what a jar holds"
ARTIFACT = Artifact(
    "org.example", "thing", "1.0", "jar", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT)
)


class Registry:
    """Stands in for the registry, which lies outside."""

    def __init__(self) -> None:
        """Reachable, and never asked."""
        self.asked: list[str] = []
        self.reachable = True

    def fetch(
        self,
        artifact: Artifact,
        target: Path,
        _digest: Callable[[Path], str],
        advance: Callable[[int], None],
    ) -> None:
        """Send the content."""
        if not self.reachable:
            raise FetchFailed("no network")
        self.asked.append(artifact.coordinate)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(CONTENT)
        advance(len(CONTENT))


class Notes:
    """Remembers what a person was told."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.texts: list[str] = []
        self.arrived = 0

    def begin(self, files: int, size_bytes: int) -> None:
        """Ignore it."""

    def advance(self, size_bytes: int) -> None:
        """Add up."""
        self.arrived += size_bytes

    def note(self, text: str) -> None:
        """Remember."""
        self.texts.append(text)


@pytest.fixture
def registry() -> Registry:
    """A registry of one artifact."""
    return Registry()


@pytest.fixture
def cache(tmp_path: Path, registry: Registry) -> ArtifactCache:
    """An empty cache."""
    return ArtifactCache(tmp_path, fetch=registry.fetch)


def test_what_is_there_is_not_fetched_again(cache: ArtifactCache, registry: Registry) -> None:
    """The second start works without a network."""
    cache.ensure([ARTIFACT, ARTIFACT], Notes())
    registry.reachable = False
    cache.ensure([ARTIFACT], Notes())
    assert registry.asked == [ARTIFACT.coordinate]


@pytest.mark.parametrize("broken", [b"what a jar hold", b"WHAT A JAR HOLDS", b""])
def test_a_broken_entry_is_named_and_fetched_again(
    cache: ArtifactCache, registry: Registry, broken: bytes
) -> None:
    """Truncated, changed or emptied: the file is named, and what it was again afterwards."""
    notes = Notes()
    cache.ensure([ARTIFACT], notes)
    path = cache.path_of(ARTIFACT)
    time.sleep(0.01)
    path.write_bytes(broken)
    cache.ensure([ARTIFACT], notes)
    assert len(registry.asked) == 2
    assert str(path) in notes.texts[0]
    assert path.read_bytes() == CONTENT


def test_a_change_that_keeps_size_and_time_is_found_by_the_thorough_check(
    cache: ArtifactCache,
) -> None:
    """`doctor --verify-cache` trusts no stamp."""
    cache.ensure([ARTIFACT], Notes())
    path = cache.path_of(ARTIFACT)
    stat = path.stat()
    path.write_bytes(CONTENT.upper())
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert cache.fault_of(ARTIFACT) is None
    assert "sha256" in (cache.fault_of(ARTIFACT, thorough=True) or "")


def test_a_touched_but_unchanged_entry_is_kept(cache: ArtifactCache, registry: Registry) -> None:
    """A copied cache has other times: its digests decide."""
    cache.ensure([ARTIFACT], Notes())
    os.utime(cache.path_of(ARTIFACT), (1, 1))
    cache.ensure([ARTIFACT], Notes())
    assert len(registry.asked) == 1


def test_an_unreachable_registry_is_an_error_that_says_so(
    cache: ArtifactCache, registry: Registry
) -> None:
    """The first start needs the network."""
    registry.reachable = False
    with pytest.raises(FetchFailed, match="no network"):
        cache.ensure([ARTIFACT], Notes())

"""A download arrives whole and checked, or not at all; the registry is a server of the test's."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import jgo.maven._core
import pytest

from embedded.fetch.cache import ArtifactCache, Silent
from embedded.fetch.download import FetchFailed
from embedded.fetch.manifest import Artifact

CONTENT: Final = b"what a jar holds" * 4_096
FETCHED_AT_ONCE: Final = 8


def artifact(name: str, content: bytes = CONTENT) -> Artifact:
    """One that the manifest would list."""
    digest = hashlib.sha256(content).hexdigest()
    return Artifact("org.example", name, "1.0", "jar", digest, len(content))


class Registry(ThreadingHTTPServer):
    """A repository on this machine, which can fail in several ways."""

    daemon_threads = True

    def __init__(self) -> None:
        """It has everything, and it is well."""
        super().__init__(("127.0.0.1", 0), Answer)
        self.fault = ""
        #: How many calls still meet the fault; all when negative.
        self.faults_left = -1
        self.asked: list[str] = []
        #: Passed by so many calls at once only.
        self.gate: threading.Barrier | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def takes_fault(self) -> str:
        """What goes wrong with this call."""
        if self.faults_left == 0:
            return ""
        self.faults_left -= 1
        return self.fault


class Answer(BaseHTTPRequestHandler):
    """One call."""

    server: Registry

    def do_GET(self) -> None:
        """Send the content, or what is wrong with it."""
        if not self.path.endswith(".jar"):
            self.send_error(404)
            return
        self.server.asked.append(self.path)
        if self.server.gate is not None:
            self.server.gate.wait(60)
        fault = self.server.takes_fault()
        if fault == "away":
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        sent = CONTENT.upper() if fault == "wrong" else CONTENT
        self.wfile.write(sent[: len(sent) // 2] if fault == "cut off" else sent)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """The registry that the Maven tool knows."""
    with Registry() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(jgo.maven._core, "DEFAULT_REMOTE_REPOS", {"central": server.url})
        yield server
        server.shutdown()


@pytest.fixture
def cache(tmp_path: Path) -> ArtifactCache:
    """An empty cache, filled by real downloads."""
    return ArtifactCache(tmp_path)


class Told(Silent):
    """Adds up what is told to have come."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.lock = threading.Lock()
        self.arrived = 0

    def advance(self, size_bytes: int) -> None:
        """Add up."""
        with self.lock:
            self.arrived += size_bytes


def files(cache: ArtifactCache) -> list[str]:
    """What lies in the cache, but for its lock."""
    found = (path.relative_to(cache.folder) for path in cache.folder.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if path.name != "fetch.lock")


@pytest.mark.parametrize("fault", ["wrong", "cut off", "away"])
def test_what_does_not_arrive_is_named_and_leaves_nothing(
    cache: ArtifactCache, registry: Registry, fault: str
) -> None:
    """Other bytes, too few, or none: tried three times; a server that is mended is used."""
    thing, told = artifact("thing"), Told()
    registry.fault = fault
    with pytest.raises(FetchFailed, match=r"cannot fetch org\.example:thing:1\.0:jar") as failed:
        cache.ensure([thing], told)
    if fault == "wrong":
        assert f"sha256 is {hashlib.sha256(CONTENT.upper()).hexdigest()}" in str(failed.value)
    assert len(registry.asked) == 3
    assert told.arrived == 0
    assert files(cache) == []
    registry.fault = ""
    cache.ensure([thing], told)
    assert cache.path_of(thing).read_bytes() == CONTENT
    assert told.arrived == len(CONTENT)
    assert cache.fault_of(thing, thorough=True) is None


@pytest.mark.parametrize("fault", ["wrong", "cut off", "away"])
def test_a_fault_that_passes_is_not_noticed(
    cache: ArtifactCache, registry: Registry, fault: str
) -> None:
    """The third try counts as the first; no half of the others is told or left."""
    thing, told = artifact("thing"), Told()
    registry.fault, registry.faults_left = fault, 2
    cache.ensure([thing], told)
    assert (len(registry.asked), told.arrived) == (3, len(CONTENT))
    assert cache.path_of(thing).read_bytes() == CONTENT
    assert [Path(file).suffix for file in files(cache)] == [".jar", ".checked"]


def test_nobody_at_the_address_is_named(
    cache: ArtifactCache,
    monkeypatch: pytest.MonkeyPatch,
    unused_tcp_port: int,
) -> None:
    """The first start needs the network, and says so."""
    nowhere = {"central": f"http://127.0.0.1:{unused_tcp_port}"}
    monkeypatch.setattr(jgo.maven._core, "DEFAULT_REMOTE_REPOS", nowhere)
    with pytest.raises(FetchFailed, match="The first start needs the network"):
        cache.ensure([artifact("thing")], Told())
    assert files(cache) == []


def test_several_are_fetched_at_once(cache: ArtifactCache, registry: Registry) -> None:
    """None is answered before eight are asked for; each arrives in its own place."""
    wanted = [artifact(f"thing-{n}") for n in range(FETCHED_AT_ONCE * 2)]
    registry.gate = threading.Barrier(FETCHED_AT_ONCE)
    told = Told()
    cache.ensure(wanted, told)
    assert len(registry.asked) == len(wanted)
    assert told.arrived == len(CONTENT) * len(wanted)
    assert all(cache.path_of(one).read_bytes() == CONTENT for one in wanted)


def test_one_that_fails_does_not_undo_the_others(cache: ArtifactCache, registry: Registry) -> None:
    """What has arrived is kept, and is not fetched again."""
    good, bad = artifact("good"), artifact("bad", CONTENT[::-1])
    with pytest.raises(FetchFailed, match=r"org\.example:bad:"):
        cache.ensure([good, bad], Told())
    assert cache.path_of(good).read_bytes() == CONTENT
    registry.asked.clear()
    cache.ensure([good], Told())
    assert registry.asked == []

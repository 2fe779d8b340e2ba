"""The cache of artifacts: every entry is what the manifest says, or it is fetched again."""

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from embedded.account import write_file
from embedded.fetch.download import Advance, download
from embedded.fetch.manifest import Artifact

_WORKERS: Final = 8


class Watcher(Protocol):
    """Who is told how fetching goes."""

    def begin(self, files: int, size_bytes: int) -> None:
        """So much is missing."""

    def advance(self, size_bytes: int) -> None:
        """So many bytes came."""

    def note(self, text: str) -> None:
        """Something a person should know."""


class Silent:
    """A watcher that says nothing."""

    def begin(self, files: int, size_bytes: int) -> None:
        """Ignore it."""

    def advance(self, size_bytes: int) -> None:
        """Ignore it."""

    def note(self, text: str) -> None:
        """Ignore it."""


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file: two stacks that start at once fetch once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class ArtifactCache:
    """Artifacts in the layout of a Maven repository, each beside a stamp of its last check.

    A stamp holds the digest, size and modification time of the file when its digest was last
    computed, so that a start that changes nothing reads no file whole.
    """

    def __init__(
        self,
        folder: Path,
        *,
        fetch: Callable[[Artifact, Path, Callable[[Path], str], Advance], None] = download,
    ) -> None:
        """Keep artifacts below `folder`; get what is missing with `fetch`."""
        self.folder = folder
        self._fetch = fetch

    def path_of(self, artifact: Artifact) -> Path:
        """Where an artifact lies."""
        return self.folder / "maven" / artifact.relative_path

    def fault_of(self, artifact: Artifact, *, thorough: bool = False) -> str | None:
        """Why an entry cannot be used: None when it is what the manifest says.

        Args:
            artifact: Which entry.
            thorough: Compute the digest even when the stamp fits the file.
        """
        path = self.path_of(artifact)
        if not path.exists():
            return "missing"
        stat = path.stat()
        if stat.st_size != artifact.size_bytes:
            return f"has {stat.st_size} bytes, not {artifact.size_bytes}"
        now = [artifact.sha256, stat.st_size, stat.st_mtime_ns]
        if not thorough and self._stamp(path) == now:
            return None
        found = digest_of(path)
        if found != artifact.sha256:
            return f"has sha256 {found[:12]}..., not {artifact.sha256[:12]}..."
        if self._stamp(path) != now:
            write_file(_stamp_of(path), json.dumps(now), mode=0o644)
        return None

    def _stamp(self, path: Path) -> object:
        try:
            return json.loads(_stamp_of(path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def ensure(self, artifacts: Iterable[Artifact], watcher: Watcher) -> None:
        """Fetch what is missing or broken, several at a time.

        Raises:
            FetchFailed: Something could not be had.
        """
        wanted = list(dict.fromkeys(artifacts))
        if all(self._usable(artifact) for artifact in wanted):
            return
        with locked(self.folder / "fetch.lock"):
            faults = {artifact: self.fault_of(artifact) for artifact in wanted}
            missing = [artifact for artifact, fault in faults.items() if fault is not None]
            for artifact in missing:
                if faults[artifact] != "missing":
                    path = self.path_of(artifact)
                    watcher.note(
                        f"broken cache entry {path}: {faults[artifact]}; fetching it again"
                    )
                    path.unlink()
            watcher.begin(len(missing), sum(artifact.size_bytes for artifact in missing))
            # The largest first: they decide when all have come.
            missing.sort(key=lambda artifact: artifact.size_bytes, reverse=True)
            with ThreadPoolExecutor(_WORKERS, thread_name_prefix="fetch") as pool:
                for done in [pool.submit(self._get, artifact, watcher) for artifact in missing]:
                    done.result()

    def _usable(self, artifact: Artifact) -> bool:
        return self.fault_of(artifact) is None

    def _get(self, artifact: Artifact, watcher: Watcher) -> None:
        path = self.path_of(artifact)
        self._fetch(artifact, path, digest_of, watcher.advance)
        stat = path.stat()
        now = [artifact.sha256, stat.st_size, stat.st_mtime_ns]
        write_file(_stamp_of(path), json.dumps(now), mode=0o644)


def _stamp_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.checked")

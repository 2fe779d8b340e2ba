"""Downloads one artifact with the Maven tool, which knows its own registry."""

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from embedded.fetch.manifest import Artifact

_TIMEOUT_SECONDS: Final = 60
_TRIES: Final = 3

type Advance = Callable[[int], None]


class FetchFailed(Exception):
    """Something could not be had, or is not what it should be; the message says what to do."""


def download(
    artifact: Artifact, target: Path, digest: Callable[[Path], str], advance: Advance
) -> None:
    """Fetch an artifact to `target`, whole and checked, or not at all.

    Args:
        artifact: What to fetch.
        target: Its place in the cache.
        digest: How a file's SHA-256 is computed.
        advance: Told how many bytes came.

    Raises:
        FetchFailed: The registry cannot be reached, or sends something else.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    reason = ""
    for _ in range(_TRIES):
        folder = Path(tempfile.mkdtemp(prefix=".part-", dir=target.parent))
        arrived = 0

        def count(size: int) -> None:
            nonlocal arrived
            arrived += size
            advance(size)

        try:
            path = _fetch(artifact, folder, count)
            found = digest(path)
            if found == artifact.sha256:
                path.chmod(0o644)
                path.replace(target)
                return
            reason = f"its sha256 is {found}, not {artifact.sha256}"
        except Exception as error:  # noqa: BLE001 - the tool raises what its HTTP library raises
            reason = f"{type(error).__name__}: {error}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        advance(-arrived)
    raise FetchFailed(
        f"cannot fetch {artifact.coordinate} ({reason}). The first start needs the network; "
        "later ones do not. Try again: what has arrived is kept."
    )


def _fetch(artifact: Artifact, folder: Path, advance: Advance) -> Path:
    from jgo.maven import MavenContext, PythonResolver

    # The tool's own check is against a SHA-1 from the same server; ours is against the manifest.
    logging.getLogger("jgo").setLevel(logging.ERROR)

    @contextmanager
    def progress(_name: str, _size: int) -> Iterator[Advance]:
        yield advance

    resolver = PythonResolver(progress_callback=progress)
    context = MavenContext(resolver=resolver, repo_cache=folder, timeout=_TIMEOUT_SECONDS)
    component = context.project(artifact.group, artifact.name).at_version(artifact.version)
    path = resolver.download(component.artifact(packaging=artifact.packaging))
    if path is None:
        raise FetchFailed("the registry does not have it")
    return Path(path)

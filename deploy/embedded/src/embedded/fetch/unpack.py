"""Unpacks servers into the cache, once, and knows when an unpacked one has been damaged."""

import json
import lzma
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from embedded.account import write_file
from embedded.fetch.cache import Watcher, locked

_MARKER: Final = ".complete.json"


def _census(folder: Path) -> dict[str, int]:
    """How many files there are and how large they are together: cheap, and told by a loss."""
    files = size_bytes = 0
    pending = [folder]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(Path(entry.path))
                elif entry.name != _MARKER:
                    files += 1
                    size_bytes += entry.stat(follow_symlinks=False).st_size
    return {"files": files, "size_bytes": size_bytes}


def is_whole(folder: Path) -> bool:
    """Whether the folder is complete and holds what it held when it was unpacked."""
    try:
        marker = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(marker == _census(folder))


def ensure_unpacked(folder: Path, fill: Callable[[Path], None], watcher: Watcher) -> Path:
    """Make the folder with `fill`, unless it is there and whole.

    Args:
        folder: Where it shall be; its name holds the digest of what it is made from.
        fill: Puts everything into the new folder it is given.
        watcher: Told when a damaged folder is made anew.
    """
    if is_whole(folder):
        return folder
    with locked(folder.parent / "unpack.lock"):
        if is_whole(folder):
            return folder
        if folder.exists():
            watcher.note(
                f"broken cache entry {folder}: files were lost or changed; unpacking again"
            )
            shutil.rmtree(folder)
        made = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
        try:
            fill(made)
            made.chmod(0o755)
            write_file(made / _MARKER, json.dumps(_census(made)), mode=0o644)
            made.replace(folder)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    return folder


def unpack_postgres(jar: Path) -> Callable[[Path], None]:
    """How to fill a folder with a Postgres build: a jar that holds a compressed archive."""

    def fill(folder: Path) -> None:
        with zipfile.ZipFile(jar) as outer:
            inner = next(name for name in outer.namelist() if name.endswith(".txz"))
            with (
                outer.open(inner) as packed,
                lzma.open(packed) as plain,
                tarfile.open(fileobj=plain, mode="r|") as archive,
            ):
                archive.extractall(folder, filter="data")

    return fill


def unpack_opensearch(
    distribution: Path, plugin: Path, jars: list[Path], without: tuple[str, ...]
) -> Callable[[Path], None]:
    """How to fill a folder with OpenSearch, its k-NN plugin and the jars our Java runtime lacks."""

    def fill(folder: Path) -> None:
        with zipfile.ZipFile(distribution) as archive:
            for entry in archive.infolist():
                inner = entry.filename.partition("/")[2]
                if not inner or inner.startswith(tuple(f"modules/{name}/" for name in without)):
                    continue
                entry.filename = inner
                archive.extract(entry, folder)
        with zipfile.ZipFile(plugin) as archive:
            archive.extractall(folder / "plugins" / "opensearch-knn")  # noqa: S202 - its digest is pinned
        for jar in jars:
            shutil.copyfile(jar, folder / "lib" / jar.name)

    return fill


def copy_tree(source: Path) -> Callable[[Path], None]:
    """How to fill a folder with a copy that every user may read and run."""

    def fill(folder: Path) -> None:
        shutil.copytree(source, folder, symlinks=True, dirs_exist_ok=True)
        for path in folder.rglob("*"):
            if not path.is_symlink():
                runs = path.is_dir() or bool(path.stat().st_mode & 0o100)
                path.chmod(0o755 if runs else 0o644)

    return fill

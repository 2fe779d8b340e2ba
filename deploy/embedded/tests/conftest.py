"""What tests of the stack share."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def reachable() -> Iterator[Path]:
    """A folder that the server user can reach, which pytest's own are not to root's servers."""
    folder = Path(tempfile.mkdtemp(prefix="localex-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)

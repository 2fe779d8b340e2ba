"""What some tests need and some machines lack: such a test is skipped with the reason."""

import shutil
import sysconfig
from pathlib import Path
from typing import Final

import pytest

from tests.tidy.tree import ROOT

#: Real products, 15,000 rows, which lie beside the checkout and are not ours to publish.
GROCERIES: Final = ROOT.parent / "shared" / "data" / "groceries.csv"

needs_groceries: Final = pytest.mark.skipif(
    not GROCERIES.exists(), reason="the grocer's catalogue is not beside the checkout"
)


def find_compose() -> Path:
    """The real compose, which comes as a package where it is published for the platform."""
    beside = Path(sysconfig.get_path("scripts")) / "docker-compose"
    found = beside if beside.exists() else shutil.which("docker-compose")
    if found is None:
        pytest.skip("no compose program is published for this platform")
    return Path(found)

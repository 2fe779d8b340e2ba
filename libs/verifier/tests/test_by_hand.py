"""The way without a program of ours: the very lines that the documents print."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"
PAGE = Path(__file__).parents[3] / "docs/concepts/transparency.md"
TOOLS = ("sh", "jq", "xxd", "sha256sum", "openssl", "base64", "sed")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]


def follow_the_page(folder: Path, receipt: str) -> int:
    """Run the page's lines on a receipt, as a reader would."""
    block = re.search(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert block
    (folder / "receipt.json").write_text(receipt)
    shutil.copy(DATA / "log.pub", folder)
    return subprocess.run(["sh", "-c", block[1]], cwd=folder, check=False).returncode


@pytest.mark.slow
@pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")
def test_the_printed_lines_tell_good_from_bad(tmp_path: Path) -> None:
    """They accept the example, and refuse an edited part, a moved leaf and a changed checkpoint."""
    good = (DATA / "receipt.json").read_text()
    assert follow_the_page(tmp_path, good) == 0
    for old, new in (
        ("-7500", "-7501"),
        ('"index": 5', '"index": 4'),
        ("example\\n23", "examplf\\n23"),
    ):
        assert old in good
        assert follow_the_page(tmp_path, good.replace(old, new)) != 0

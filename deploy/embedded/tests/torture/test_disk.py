"""A disk of a run's own can be filled and freed, and goes with the process."""

import subprocess
import sys
from pathlib import Path

import pytest

FILL = """
import os
import sys
from pathlib import Path
from embedded.torture.disk import Disks, NoDisks, enter_namespace

try:
    enter_namespace()
except NoDisks as error:
    print(error)
    sys.exit(3)
folder = Path(sys.argv[1])
disks = Disks(folder)
disks.mount(["postgres"])
kept = folder / "postgres" / "kept"
kept.write_bytes(bytes(1_000_000))
assert disks.fill("kafka") is None
assert disks.fill("postgres")
try:
    (folder / "postgres" / "more").write_bytes(bytes(1_000_000))
except OSError as error:
    assert error.errno == 28, error
else:
    sys.exit(4)
disks.free("postgres")
free = os.statvfs(folder / "postgres")
assert free.f_bavail * free.f_frsize >= 6 * 1024**3, free
(folder / "postgres" / "more").write_bytes(bytes(1_000_000))
assert len(kept.read_bytes()) == 1_000_000
disks.unmount()
assert not kept.exists()
"""


def test_a_full_disk_refuses_and_keeps(tmp_path: Path) -> None:
    """ENOSPC for what is written then; what was there stays, and others never saw the disk.

    Freed, it has as much room as in the beginning, whatever is on it by then.
    """
    made = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path)], capture_output=True, text=True, check=False
    )
    if made.returncode == 3:
        pytest.skip(f"no disks of one's own on this machine: {made.stdout.strip()}")
    assert made.returncode == 0, made.stderr
    assert list((tmp_path / "postgres").iterdir()) == []
    assert str(tmp_path) not in Path("/proc/mounts").read_text(encoding="utf-8")

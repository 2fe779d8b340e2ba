"""Where tests' servers keep their data: in memory with room for it, and never for good."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.stack.scratch import FREE_BYTES, ROOM_BYTES, has_room, scratch_folder


class Room(NamedTuple):
    """How many bytes there are, as a folder tells and as the machine does."""

    free: int
    available: int


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    """As much as is needed, not a byte more."""
    enough = Room(ROOM_BYTES, FREE_BYTES)
    monkeypatch.setattr("shutil.disk_usage", lambda _: enough)
    monkeypatch.setattr("psutil.virtual_memory", lambda: enough)
    return enough


def test_memory_is_used_where_there_is_room(
    tmp_path: Path, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container's few megabytes, a busy machine and a folder that is not there are none."""
    assert has_room(tmp_path)
    assert not has_room(tmp_path / "not there")
    monkeypatch.setattr("psutil.virtual_memory", lambda: room._replace(available=FREE_BYTES - 1))
    assert not has_room(tmp_path)
    monkeypatch.setattr("psutil.virtual_memory", lambda: room)
    monkeypatch.setattr("shutil.disk_usage", lambda _: room._replace(free=ROOM_BYTES - 1))
    assert not has_room(tmp_path)
    with scratch_folder(tmp_path) as folder:
        assert folder.parent != tmp_path


@pytest.mark.usefixtures("room")
def test_what_is_in_memory_goes_afterwards(tmp_path: Path) -> None:
    """Also what a process left that was killed; not what others use."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    left = tmp_path / f"localex-tests-{ended.pid}-x"
    used = tmp_path / f"localex-tests-{os.getpid()}-x"
    other = tmp_path / "localex-tests-of-mine"
    for each in (left, used, other):
        each.mkdir()
    with scratch_folder(tmp_path) as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o711
        (folder / "data").write_text("much")
    assert {*tmp_path.iterdir()} == {used, other}

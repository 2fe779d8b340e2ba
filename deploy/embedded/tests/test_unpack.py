"""Unpacked servers are made once, whole, and made again when damaged."""

from pathlib import Path

import pytest

from embedded.fetch.cache import Silent
from embedded.fetch.unpack import ensure_unpacked, is_whole


def fill(folder: Path) -> None:
    """Two files."""
    (folder / "bin").mkdir()
    (folder / "bin" / "server").write_text("run")
    (folder / "readme").write_text("read")


def refuse(_folder: Path) -> None:
    """Fails if it is called."""
    raise AssertionError("unpacked again")


def test_it_is_unpacked_once(tmp_path: Path) -> None:
    """The second time nothing is done."""
    folder = ensure_unpacked(tmp_path / "server-1", fill, Silent())
    assert is_whole(folder)
    assert ensure_unpacked(folder, refuse, Silent()) == folder


def test_a_lost_file_is_noticed_and_mended(tmp_path: Path) -> None:
    """A damaged server is unpacked again, not started."""
    folder = ensure_unpacked(tmp_path / "server-1", fill, Silent())
    (folder / "bin" / "server").unlink()
    assert not is_whole(folder)
    ensure_unpacked(folder, fill, Silent())
    assert (folder / "bin" / "server").read_text() == "run"


def test_a_failed_attempt_leaves_nothing(tmp_path: Path) -> None:
    """An interrupted unpacking is not mistaken for a server."""

    def fail(folder: Path) -> None:
        fill(folder)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        ensure_unpacked(tmp_path / "server-1", fail, Silent())
    assert [path.name for path in tmp_path.iterdir()] == ["unpack.lock"]

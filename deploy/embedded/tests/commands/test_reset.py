"""`localex reset` deletes one stack's folder: never without being sure, and nothing else."""

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from embedded.identity import ProcessRecord
from embedded.places import Places
from embedded.stack import Stack
from embedded.supervise.client import is_locked
from embedded.supervise.leftovers import leftovers

from .localex import LOCALEX, localex

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A data folder as a stack that is down leaves it, beside what is nobody's business."""
    made = Places.of(tmp_path / "stack")
    made.logs.mkdir(parents=True)
    made.run.mkdir()
    made.log_of("kafka").write_text("it was good\n")
    made.state_file.write_text(json.dumps({"stack_id": "none-like-it", "ports": {}}))
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("dear")
    return made


def kept(places: Places) -> bool:
    """Whether everything is still there."""
    return places.state_file.exists() and places.log_of("kafka").read_text() == "it was good\n"


@pytest.mark.parametrize("state", [None, "", "[1]", "{}", '{"stack_id": ""}', '{"name": "mine"}'])
def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, state: str | None) -> None:
    """No state, or somebody else's file of that name: nothing is deleted, not even with --yes."""
    if state is not None:
        (tmp_path / "state.json").write_text(state)
    (tmp_path / "thesis.txt").write_text("42")
    told = localex("reset", "--yes", "--data", tmp_path)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("Nothing to reset")
    assert (tmp_path / "thesis.txt").read_text() == "42"


def test_where_nobody_can_be_asked_yes_must_be_said(places: Places) -> None:
    """A script that forgot it, even one that types the name, deletes nothing."""
    told = localex("reset", "--data", places.data, said=f"{places.data.name}\n")
    assert told.returncode == 1
    assert "say --yes" in told.stderr
    assert kept(places)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal: ours and the command's."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    for end in (ours, theirs):
        os.close(end)


@pytest.mark.parametrize(
    ("typed", "gone"), [(b"stack\n", True), (b"yes\n", False), (b"\n", False), (b"\x04", False)]
)
def test_at_a_terminal_the_folders_name_must_be_typed(
    places: Places, terminal: tuple[int, int], typed: bytes, gone: bool
) -> None:
    """Another word, none, or the end of the input: it stays."""
    ours, theirs = terminal
    os.write(ours, typed)
    command = [LOCALEX, "reset", "--data", str(places.data)]
    told = subprocess.run(
        command, stdin=theirs, capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 0, told.stderr
    assert f"Delete {places.data} and everything in it?" in told.stdout
    assert ("is gone" in told.stdout, "Nothing was deleted" in told.stdout) == (gone, not gone)
    assert (not places.data.exists()) if gone else kept(places)


def test_links_are_cut_and_not_followed(places: Places, tmp_path: Path) -> None:
    """What a link in the folder shows to, and what lies beside it, stays."""
    letters = tmp_path / "letters"
    (places.data / "link").symlink_to(letters)
    (places.logs / "dear.txt").symlink_to(letters / "dear.txt")
    told = localex("reset", "--yes", "--data", places.data)
    assert told.returncode == 0, told.stderr
    assert not places.data.exists()
    assert (letters / "dear.txt").read_text() == "dear"


def test_a_link_to_the_folder_is_the_folder(places: Places, tmp_path: Path) -> None:
    """It is emptied as well; the link itself belongs to whoever made it."""
    link = tmp_path / "link"
    link.symlink_to(places.data)
    told = localex("reset", "--yes", "--data", link)
    assert told.returncode == 0, told.stderr
    assert f"{places.data} is gone" in told.stdout
    assert not places.data.exists()
    assert link.is_symlink()


@pytest.mark.stack
def test_a_stack_that_runs_is_stopped_first(reachable: Path) -> None:
    """No process is left, nor the folder; the next start is a new stack."""
    folder = reachable / "running"
    with closing(Stack.start(folder, parts=["valkey"], services=False)) as stack:
        places = Places.of(stack.data_dir)
        stack_id = json.loads(places.state_file.read_text())["stack_id"]
        valkey = ProcessRecord.read(places.record_of("valkey"))
        assert valkey is not None
        told = localex("reset", "--yes", "--data", folder)
        assert told.returncode == 0, told.stderr
        assert not valkey.is_alive()
        assert leftovers(places, stack_id) == []
        assert not is_locked(places.lock_file)
    assert not folder.exists()
    with closing(Stack.start(folder, parts=["valkey"], services=False)):
        assert json.loads(places.state_file.read_text())["stack_id"] != stack_id

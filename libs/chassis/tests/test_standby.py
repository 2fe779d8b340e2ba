"""A service that stands by: loaded, nothing opened, until somebody says that it is its turn."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

#: Never asked for: whoever begins without them says so.
MISSING = "kafka_servers"


@pytest.fixture
def waiting() -> Iterator[subprocess.Popen[bytes]]:
    """A search service that stands by, and has no settings to begin with."""
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-m", "search", "run", "stand-by"],
        env=bare,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        yield process
        process.kill()


def test_it_begins_when_told(waiting: subprocess.Popen[bytes]) -> None:
    """Not before: without a word it does not even read its settings."""
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(4)
    _, said = waiting.communicate(b"\n", timeout=20)
    assert MISSING in said.decode()
    assert waiting.returncode == 1


def test_it_ends_with_whoever_would_have_told_it(waiting: subprocess.Popen[bytes]) -> None:
    """A supervisor that is killed leaves nobody waiting."""
    _, said = waiting.communicate(timeout=20)
    assert (waiting.returncode, said) == (0, b"")


def test_nothing_else_follows_a_role() -> None:
    """A word that is not known is refused with the usage."""
    made = subprocess.run(
        [sys.executable, "-m", "search", "run", "now"], capture_output=True, text=True, check=False
    )
    assert made.returncode == 1
    assert "[stand-by]" in made.stderr

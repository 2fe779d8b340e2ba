"""`localex up` with less than usual: without being root, and without a network."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from embedded.launching import fetch_servers
from embedded.places import Places, cache_dir, is_root
from embedded.supervise.client import is_locked
from tests.stack.scratch import scratch_folder

from .localex import LOCALEX, localex, processes_of
from .namespaces import ORDINARY_UID, as_ordinary_user, without_network

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(600)]

#: A day of an ordinary user's; `down` comes in any case.
A_DAY: Final = """
set -e
trap '"$0" down' EXIT
id -u
"$0" up --detach --profile lite
"$0" demo
"$0" status --json >"$LOCALEX_DATA/status.json"
"""


@pytest.fixture(scope="module")
def reachable() -> Iterator[Path]:
    """A folder that the server user can reach, in memory where there is room: it goes quickly."""
    with scratch_folder() as folder:
        yield folder


def assert_nothing_runs(places: Places) -> None:
    """No process, no lock and no record."""
    assert processes_of(places) == []
    assert not is_locked(places.lock_file)
    assert list(places.run.glob("*.json")) == []


def test_an_ordinary_user_has_a_system_too(reachable: Path) -> None:
    """Every part is ready, and its files are his as it runs as he does; `down` ends it."""
    places = Places.of(reachable / "ordinary")
    done = subprocess.run(
        [*as_ordinary_user(), "sh", "-c", A_DAY, LOCALEX],
        env=os.environ | {"LOCALEX_DATA": str(places.data), "LOCALEX_CACHE": str(cache_dir())},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()
    assert said[0] == str(ORDINARY_UID if is_root() else os.geteuid())
    assert "Every figure is right" in done.stdout
    status = json.loads((places.data / "status.json").read_text())
    assert {part["state"] for part in status["parts"]} == {"ready", "done"}
    assert {path.stat().st_uid for path in places.data.rglob("*")} == {os.geteuid()}
    assert said[-1].startswith("Everything is down")
    assert_nothing_runs(places)


def test_without_a_network_a_later_start_works(reachable: Path) -> None:
    """All that a new stack needs is in the cache, and nothing else is asked for."""
    within = without_network()
    fetch_servers("full", None, None)
    places = Places.of(reachable / "offline")
    with ExitStack() as ending:
        ending.callback(localex, "down", "--data", places.data)
        words = ("up", "--detach", "--data", places.data)
        told = localex(*words, within=within, limit_seconds=400)
        assert told.returncode == 0, told.stdout + told.stderr
        assert "fetching" not in told.stdout
        status = json.loads(localex("status", "--json", "--data", places.data).stdout)
        assert status["profile"] == "full"
        assert {part["state"] for part in status["parts"]} == {"ready", "done"}
    assert_nothing_runs(places)


def test_without_a_network_a_first_start_says_that_it_needs_one(reachable: Path) -> None:
    """It ends with what could not be had, and has begun nothing."""
    cache, data = reachable / "empty", reachable / "never"
    told = localex(
        *("up", "--detach", "--data", data),
        environment={"LOCALEX_CACHE": str(cache)},
        within=without_network(),
    )
    assert told.returncode == 1
    assert told.stderr.startswith("localex: cannot fetch ")
    assert "The first start needs the network; later ones do not." in told.stderr
    assert "Traceback" not in told.stderr
    assert not data.exists()
    assert [path for path in cache.rglob("*.jar") if path.is_file()] == []

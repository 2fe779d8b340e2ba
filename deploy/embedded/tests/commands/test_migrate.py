"""`localex migrate`: the schemas by hand, with exit codes that a script can go by."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Final

import pytest

from tests.stack.database import MIGRATOR, ScratchDatabase, in_database
from tests.tidy.tree import SERVICES

from .localex import localex

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

type Migrate = Callable[..., CompletedProcess[str]]

#: The service with the fewest migrations.
ONE: Final = "search"


@pytest.fixture
def migrate(bare_database: ScratchDatabase, tmp_path: Path) -> Migrate:
    """The command, on a database in which no migration has run."""

    def run(*words: object, url: str = "") -> CompletedProcess[str]:
        address = url or bare_database.url("migrator")
        return localex("migrate", *words, "--data", tmp_path, environment={MIGRATOR: address})

    return run


def test_all_schemas_go_up_and_agree_with_their_files(migrate: Migrate) -> None:
    """Each step is named once; then nothing is missing, and a repeat has nothing to do."""
    before = migrate("verify")
    assert before.returncode == 1
    assert f"{ONE}: chassis 0001" in before.stdout
    up = migrate("up")
    assert (up.returncode, up.stderr) == (0, "")
    for service in SERVICES:
        assert f"{service}: applied chassis 0001_" in up.stdout
        assert f"{service}: applied {service} 0001_" in up.stdout
    again = migrate("up")
    assert (again.returncode, again.stdout) == (0, "")
    verified = migrate("verify")
    assert (verified.returncode, verified.stdout) == (0, "Files and database agree.\n")
    status = migrate("status").stdout
    assert len(status.splitlines()) == len(up.stdout.splitlines())
    assert status.count(" ms by localex_migrator") == len(status.splitlines())


def test_one_service_goes_down_and_up_alone(migrate: Migrate) -> None:
    """The newest first, as many as wanted; what is missing is told, with exit code 1."""
    up = migrate("up", "--service", ONE).stdout.splitlines()
    assert {line.partition(":")[0] for line in up} == {ONE}
    down = migrate("down", "--service", ONE, "--count", 2)
    assert down.returncode == 0, down.stderr
    assert [line.replace("took back", "applied") for line in down.stdout.splitlines()] == up[:-3:-1]
    status = migrate("status", "--service", ONE).stdout.splitlines()
    assert [line.endswith("not yet") for line in status[-3:]] == [False, True, True]
    differing = migrate("verify", "--service", ONE)
    assert differing.returncode == 1
    for line in up[-2:]:
        assert f"{line.replace('applied ', '')} has not run" in differing.stdout
    assert migrate("up", "--service", ONE).stdout.splitlines() == up[-2:]


async def test_what_was_changed_by_hand_is_found(
    migrate: Migrate, bare_database: ScratchDatabase
) -> None:
    """A table more than the files make; then a migration that is not the one that ran."""
    migrate("up", "--service", ONE)
    async with bare_database.connect("admin") as conn:
        await conn.execute(f"CREATE TABLE {ONE}.by_hand (id int)")
    found = migrate("verify", "--service", ONE)
    assert found.returncode == 1
    assert "by_hand" in found.stdout
    async with bare_database.connect("admin") as conn:
        await conn.execute(f"UPDATE {ONE}.migrations SET checksum = 'other' WHERE version = 1")
    for word in ("up", "down"):
        refused = migrate(word, "--service", ONE)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "has changed since it ran" in refused.stderr
        assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("up", "--service", "larder"), 1, "no migrations of larder"),
        (("down",), 2, "--service"),
        (("down", "--service", ONE, "--count", 0), 2, "--count"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    """An unknown service, none where one must be named, and no step at all."""
    refused = localex("migrate", *words, "--data", tmp_path)
    assert refused.returncode == code
    assert told in refused.stdout + refused.stderr


def test_a_database_that_cannot_be_used_is_one_line(
    migrate: Migrate, bare_database: ScratchDatabase, unused_tcp_port: int, tmp_path: Path
) -> None:
    """Away, another one, or with the wrong password; without any, what to do is said."""
    url = bare_database.url("migrator")
    password = url.split(":")[2].partition("@")[0]
    away = url.replace(url.rpartition(":")[2].partition("/")[0], str(unused_tcp_port))
    for address in (away, in_database(url, "nowhere"), url.replace(password, "wrong")):
        refused = migrate("status", url=address)
        assert refused.returncode == 1, refused.stdout
        assert refused.stderr.startswith("localex: ")
        assert refused.stderr.count("\n") == 1
    nothing = localex("migrate", "status", "--data", tmp_path, environment={MIGRATOR: ""})
    assert nothing.returncode == 1
    assert f"no {MIGRATOR}: start the stack with `localex up`" in nothing.stderr

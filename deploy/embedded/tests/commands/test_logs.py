"""`localex logs`: the end of what the parts said, and what they say next."""

import io
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.commands.logs import logs
from embedded.places import Places

from .localex import LOCALEX, localex

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Where two parts have said something."""
    made = Places.of(tmp_path)
    made.logs.mkdir()
    made.log_of("kafka").write_text("".join(f"kafka {n}\n" for n in range(100)))
    made.log_of("s3").write_text("s3 is up\n")
    made.logs.joinpath("kafka.log.1").write_text("from before\n")
    return made


@pytest.fixture
def following(places: Places) -> Iterator[subprocess.Popen[str]]:
    """The command, which has printed the end of one log and waits for more."""
    command = [LOCALEX, "logs", "-f", "s3", "--data", str(places.data)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "s3 is up\n"
            yield process
        finally:
            process.kill()


def say(places: Places, text: str) -> None:
    """A part says something."""
    with places.log_of("s3").open("a") as log:
        log.write(text)


def heard(process: subprocess.Popen[str]) -> str:
    """The next line."""
    assert process.stdout is not None
    return process.stdout.readline()


def test_the_end_of_every_log_bears_its_name(places: Places) -> None:
    """Twenty lines of each, as many as wanted, and none of a file that was put aside."""
    told = localex("logs", "--data", places.data)
    lines = told.stdout.splitlines()
    assert told.returncode == 0, told.stderr
    assert lines == [f"kafka | kafka {n}" for n in range(80, 100)] + ["s3    | s3 is up"]
    few = localex("logs", "-n", 2, "--data", places.data).stdout.splitlines()
    assert few == ["kafka | kafka 98", "kafka | kafka 99", "s3    | s3 is up"]


def test_one_log_is_told_as_it_is(places: Places) -> None:
    """Without names; no line when none is wanted."""
    assert localex("logs", "s3", "--data", places.data).stdout == "s3 is up\n"
    assert localex("logs", "kafka", "-n", 0, "--data", places.data).stdout == ""


def test_an_unknown_name_is_refused_with_those_that_are_known(places: Places) -> None:
    """One line, and exit code 1."""
    told = localex("logs", "kafak", "--data", places.data)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "localex: no log of 'kafak'; there are kafka, s3\n"


def test_where_nothing_ran_there_is_nothing_to_follow(tmp_path: Path) -> None:
    """It says so instead of waiting for ever."""
    told = localex("logs", "-f", "--data", tmp_path)
    assert told.returncode == 1
    assert f"{tmp_path / 'logs'} has no logs yet" in told.stderr


def test_following_ends_with_ctrl_c(places: Places, following: subprocess.Popen[str]) -> None:
    """What comes is told until then; no traceback is the last word."""
    say(places, "s3 was asked\n")
    assert heard(following) == "s3 was asked\n"
    following.send_signal(signal.SIGINT)
    rest, errors = following.communicate(timeout=30)
    assert (following.returncode, rest, errors) == (130, "", "")


def test_no_line_is_lost_between_the_end_of_a_log_and_what_comes(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is said at the moment its end is printed, another in two pieces."""
    told: list[str] = []
    meanwhile = ["asked\nansw", "ered\n"]

    class Screen(io.StringIO):
        def write(self, text: str, /) -> int:
            if text != "\n":
                told.append(text)
                say(places, meanwhile.pop(0))
            return len(text)

    monkeypatch.setattr("sys.stdout", Screen())
    with pytest.raises(IndexError):
        logs("s3", follow=True, data=places.data)
    assert told == ["s3 is up", "asked", "answered"]


def test_following_goes_on_in_the_next_file(
    places: Places, following: subprocess.Popen[str]
) -> None:
    """A full log is put aside and a new one begun: its end and the beginning, each line once."""
    log = places.log_of("s3")
    aside = log.with_suffix(".log.1")
    with log.open("a") as old:
        log.replace(aside)
        old.write("the last word\n")
    assert heard(following) == "the last word\n"
    say(places, "a new process\n")
    assert heard(following) == "a new process\n"
    assert not log.samefile(aside)
    say(places, "and on\n")
    assert heard(following) == "and on\n"

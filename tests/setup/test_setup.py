"""`scripts/setup` on a bare copy of the tree: to a working environment, or to what is missing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.tidy.tree import ROOT, tracked

pytestmark = pytest.mark.timeout(600)

#: All that it may call besides Python and uv.
TOOLS: Final = ("sh", "cat", "cksum", "dirname", "grep", "rm")
PYTHON: Final = str(Path(sys.base_prefix) / "bin" / "python3")


def own_uv() -> str:
    """The uv that made this very environment."""
    found = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".venv-tools/bin/uv")
    assert Path(found).is_file(), f"{found} is no uv: run `make setup`"
    return found


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What a clone has, and nothing else."""
    folder = tmp_path / "clone"
    for path in tracked():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target)
    return folder


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH with the tools alone."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


def add_python(folder: Path, name: str, *, whole: bool) -> None:
    """Put a real Python there, with or without pip, venv and ensurepip."""
    lacking = folder.parent / "lacking"
    lacking.mkdir(exist_ok=True)
    if not whole:
        for module in ("pip", "venv", "ensurepip"):
            (lacking / f"{module}.py").write_text("raise ModuleNotFoundError(__name__)\n")
    shown = "" if whole else f"PYTHONPATH={lacking} "
    script = folder / name
    script.write_text(f'#!/bin/sh\n{shown}exec {PYTHON} "$@"\n')
    script.chmod(0o755)


def set_up(copy: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run it, with nobody at the keyboard."""
    return subprocess.run(
        [copy / "scripts" / "setup"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


@pytest.mark.slow
def test_a_bare_copy_becomes_a_working_environment(copy: Path) -> None:
    """Its commands run and are its own; a second run finds nothing to do."""
    environment = os.environ | {"UV": own_uv(), "LOCALEX_PYTHON": PYTHON}
    done = set_up(copy, environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("setup: ready\n")
    binaries = copy / ".venv" / "bin"
    code = "import embedded, gateway, contracts; print(embedded.__file__, gateway.__file__)"
    shown = subprocess.run(
        [binaries / "python", "-c", code], capture_output=True, text=True, check=True
    )
    assert all(path.startswith(f"{copy}/") for path in shown.stdout.split())
    told = subprocess.run(
        [binaries / "localex", "doctor", "--data", copy.parent / "data"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"Python {sys.version.split()[0]} at {binaries}/python" in told.stdout, told.stderr
    again = set_up(copy, environment)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_without_pip_venv_and_uv_it_says_what_to_install(copy: Path, tools: Path) -> None:
    """A Python that has none of them can fetch nothing; nothing is left half made."""
    add_python(tools, "python3", whole=False)
    done = set_up(copy, {"PATH": str(tools), "HOME": str(copy.parent)})
    assert done.returncode == 1
    assert "no Python here has pip or venv, and there is no uv" in done.stderr
    assert "python3-pip or python3-venv" in done.stderr
    assert "LOCALEX_PYTHON" in done.stderr
    assert not (copy / ".venv").exists()


def test_without_any_python_it_says_so_as_well(copy: Path, tools: Path) -> None:
    """The bare minimum is named."""
    done = set_up(copy, {"PATH": str(tools), "HOME": str(copy.parent)})
    assert done.returncode == 1
    assert "no Python here has pip or venv" in done.stderr


@pytest.mark.parametrize("name", ["python", "python3.12"])
def test_another_python_fetches_what_the_usual_one_cannot(
    copy: Path, tools: Path, name: str
) -> None:
    """Its pip is asked for the pinned uv; here it has nowhere to ask, and says so."""
    add_python(tools, "python3", whole=False)
    add_python(tools, name, whole=True)
    environment = {"PATH": str(tools), "HOME": str(copy.parent), "PIP_NO_INDEX": "1"}
    done = set_up(copy, environment)
    assert done.returncode == 1
    assert "No matching distribution found for uv==" in done.stderr
    assert done.stderr.endswith("setup: error: pip could not fetch uv\n")


@pytest.mark.parametrize("version", ["uv 0.8.22", "uv 1.2.3 (abc)"])
def test_an_old_uv_is_passed_over(copy: Path, tools: Path, version: str) -> None:
    """It could not read the pins; a newer one is taken, wherever it lies."""
    add_python(tools, "python3", whole=False)
    uv = tools / "uv"
    uv.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{version}" || exit 7\n')
    uv.chmod(0o755)
    environment = {"PATH": str(tools), "HOME": str(copy.parent), "LOCALEX_PYTHON": PYTHON}
    done = set_up(copy, environment | {"PIP_NO_INDEX": "1"})
    assert done.returncode != 0
    fetched = "fetching uv" in done.stderr
    assert fetched == (version == "uv 0.8.22"), done.stderr

"""`scripts/setup` on a bare copy of the tree: to a working environment, or to what is missing."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from embedded.places import Places, cache_dir
from embedded.state import stack_id_of
from embedded.supervise.client import is_locked
from embedded.supervise.leftovers import leftovers
from tests.tidy.tree import ROOT, text_of, tracked

pytestmark = pytest.mark.timeout(600)

#: All that it may call besides Python and uv.
TOOLS: Final = ("sh", "cat", "cksum", "dirname", "grep", "rm")
PYTHON: Final = str(Path(sys.base_prefix) / "bin" / "python3")
PYTHON_WANTED: Final = text_of(".python-version").strip()
#: What many machines have as their usual Python.
OLDER: Final = "python3.11"
PINNED_UV: Final = re.findall(r"^uv==(\S+)", text_of("requirements-uv.txt"), re.MULTILINE)[0]
MODULES: Final = ("pip", "venv", "ensurepip")
#: How names begin that a newcomer's shell does not know: settings of ours, of the make and the
#: environment that run this test.
NOT_KNOWN: Final = (
    *("LOCALEX_", "GATEWAY_", "LEDGER_", "MARKETPLACE_", "SEARCH_"),
    *("MAKE", "MFLAGS", "PYTEST", "PYTHON", "VIRTUAL_ENV"),
)


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


def add_python(folder: Path, name: str, *, real: str = PYTHON, lacks: Sequence[str] = ()) -> None:
    """Put a real Python there, whole or without some of its modules."""
    if not lacks:
        (folder / name).symlink_to(real)
        return
    lacking = folder.parent / "lacking"
    lacking.mkdir(exist_ok=True)
    for module in lacks:
        (lacking / f"{module}.py").write_text("raise ModuleNotFoundError(__name__)\n")
    script = folder / name
    script.write_text(f'#!/bin/sh\nPYTHONPATH={lacking} exec {real} "$@"\n')
    script.chmod(0o755)


def find_python(name: str) -> str | None:
    """A Python of this machine by its name, not what merely stands for one."""
    code = "import os, sys; print(os.path.realpath(sys.executable))"
    try:
        asked = subprocess.run([name, "-c", code], capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    return asked.stdout.strip()


@pytest.fixture
def newcomer(tools: Path) -> Iterator[dict[str, str]]:
    """The shell of somebody with make and Python alone; what ours has downloaded is shared."""
    (tools / "make").symlink_to(shutil.which("make") or "make")
    add_python(tools, "python3", real=find_python(OLDER) or PYTHON)
    add_python(tools, f"python{PYTHON_WANTED}")
    home = tools.parent / "home"
    home.mkdir()
    known = {k: v for k, v in os.environ.items() if k != "UV" and not k.startswith(NOT_KNOWN)}
    cached = subprocess.run([own_uv(), "cache", "dir"], capture_output=True, text=True, check=True)
    shared = {"UV_CACHE_DIR": cached.stdout.strip(), "LOCALEX_CACHE": str(cache_dir())}
    data = Path(tempfile.mkdtemp(prefix="localex-newcomer-"))
    yield known | shared | {"PATH": str(tools), "HOME": str(home), "LOCALEX_DATA": str(data)}
    shutil.rmtree(data, ignore_errors=True)


def index_fault(environment: Mapping[str, str], folder: Path) -> str | None:
    """What is wrong with the machine's package index, if something is."""
    wanted = ["--no-deps", "--python", PYTHON, "--target", str(folder / "none"), f"uv=={PINNED_UV}"]
    asked = subprocess.run(
        [own_uv(), "pip", "install", "--dry-run", "--no-cache", *wanted],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    return " ".join(asked.stderr.split()) if asked.returncode else None


def run(
    copy: Path, command: Sequence[str | Path], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command in the copy, with nobody at the keyboard."""
    return subprocess.run(
        command,
        cwd=copy,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


def set_up(copy: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    return run(copy, [copy / "scripts" / "setup"], environment)


def assert_the_pinned_uv_was_fetched(copy: Path) -> None:
    """It lies in the copy, and runs."""
    uv = copy / ".venv-tools" / "bin" / "uv"
    told = subprocess.run([uv, "--version"], capture_output=True, text=True, check=True)
    assert told.stdout.split()[:2] == ["uv", PINNED_UV]


@pytest.mark.slow
@pytest.mark.stack
def test_make_up_is_all_that_a_newcomer_needs(
    copy: Path, newcomer: Mapping[str, str], tmp_path: Path
) -> None:
    """From a bare copy to a system, a trade in it and listings; `make down` leaves nothing."""
    localex, places = copy / ".venv" / "bin" / "localex", Places.of(Path(newcomer["LOCALEX_DATA"]))
    try:
        up = run(copy, ["make", "up"], newcomer)
        if up.returncode and (fault := index_fault(newcomer, tmp_path)):
            pytest.skip(f"no package index answers: {fault}")
        assert up.returncode == 0, up.stdout + up.stderr
        assert_the_pinned_uv_was_fetched(copy)
        assert re.search(r"^LocalEx is at http://127\.0\.0\.1:\d+ ", up.stdout, re.MULTILINE)
        known = re.findall(r"^  (\w+) +\S+@\S+  password \S+$", up.stdout, re.MULTILINE)
        assert known == ["operator", "Ana", "Ben"]
        played = run(copy, [localex, "demo"], newcomer)
        assert "Every figure is right" in played.stdout, played.stdout + played.stderr
        file = tmp_path / "ten.csv"
        rows = [f"{number},Thing {number},{number}.00" for number in range(1, 11)]
        file.write_text("\n".join(("sku,title,price", *rows)) + "\n")
        brought = run(copy, [localex, "import", "items", file], newcomer)
        assert brought.returncode == 0, brought.stdout + brought.stderr
        assert "10 created, 0 updated, 0 unchanged, 0 refused" in " ".join(brought.stdout.split())
    finally:
        down = run(copy, ["make", "down"], newcomer)
    assert down.returncode == 0, down.stderr
    assert down.stdout.splitlines()[-1].startswith("Everything is down")
    assert leftovers(places, stack_id_of(places)) == []
    assert not is_locked(places.lock_file)


@pytest.mark.slow
def test_without_pip_a_venv_fetches_uv(
    copy: Path, tools: Path, newcomer: Mapping[str, str], tmp_path: Path
) -> None:
    """Its own pip is asked; here it goes no further, for the Python that is named is none."""
    for name in ("python3", f"python{PYTHON_WANTED}"):
        (tools / name).unlink()
    add_python(tools, "python3", lacks=["pip"])
    done = set_up(copy, {**newcomer, "LOCALEX_PYTHON": "none"})
    if "could not fetch uv" in done.stderr and (fault := index_fault(newcomer, tmp_path)):
        pytest.skip(f"no package index answers: {fault}")
    assert done.stderr.endswith(f": LOCALEX_PYTHON=none is no Python {PYTHON_WANTED}\n")
    assert (copy / ".venv-tools" / "pyvenv.cfg").is_file()
    assert_the_pinned_uv_was_fetched(copy)


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
    add_python(tools, "python3", lacks=MODULES)
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
    add_python(tools, "python3", lacks=MODULES)
    add_python(tools, name)
    environment = {"PATH": str(tools), "HOME": str(copy.parent), "PIP_NO_INDEX": "1"}
    done = set_up(copy, environment)
    assert done.returncode == 1
    assert "No matching distribution found for uv==" in done.stderr
    assert done.stderr.endswith("setup: error: pip could not fetch uv\n")


@pytest.mark.parametrize("version", ["uv 0.8.22", "uv 1.2.3 (abc)"])
def test_an_old_uv_is_passed_over(copy: Path, tools: Path, version: str) -> None:
    """It could not read the pins; a newer one is taken, wherever it lies."""
    add_python(tools, "python3", lacks=MODULES)
    uv = tools / "uv"
    uv.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{version}" || exit 7\n')
    uv.chmod(0o755)
    environment = {"PATH": str(tools), "HOME": str(copy.parent), "LOCALEX_PYTHON": PYTHON}
    done = set_up(copy, environment | {"PIP_NO_INDEX": "1"})
    assert done.returncode != 0
    fetched = "fetching uv" in done.stderr
    assert fetched == (version == "uv 0.8.22"), done.stderr

"""`localex doctor`: each fault that it looks for is found, named and advised upon.

What lies outside is put in its place: memory, disks, the machine; all else is really so.
"""

import contextlib
import fcntl
import json
import os
import platform
import re
import resource
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from embedded.cli import make_app
from embedded.commands import doctor
from embedded.fetch.cache import ArtifactCache
from embedded.fetch.manifest import bundle_for
from embedded.places import Places
from embedded.ports import USUAL_PORTS

from .localex import LOCALEX

GIBIBYTE = 1024**3

type Doctor = Callable[..., tuple[int, dict[str, tuple[str, str]]]]


@pytest.fixture(autouse=True)
def healthy(
    monkeypatch: pytest.MonkeyPatch, reachable: Path, request: pytest.FixtureRequest
) -> Path:
    """A machine with room, and a cache of the test's own."""
    folder = reachable / re.sub(r"\W", "-", request.node.name)
    monkeypatch.setenv("LOCALEX_CACHE", str(folder / "cache"))
    have_memory(monkeypatch, 8)
    have_disk(monkeypatch, 50)
    return folder


def have_memory(monkeypatch: pytest.MonkeyPatch, gib: float) -> None:
    """So much is available."""
    memory = SimpleNamespace(available=int(gib * GIBIBYTE))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)


def have_disk(monkeypatch: pytest.MonkeyPatch, gib: float) -> None:
    """So much is free, wherever one looks."""
    usage = SimpleNamespace(free=int(gib * GIBIBYTE))
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)


@pytest.fixture
def examine(healthy: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """The exit code, and by subject the verdict with what was found and the advice."""

    def run(*words: str, data: Path | None = None) -> tuple[int, dict[str, tuple[str, str]]]:
        code = 0
        try:
            make_app()(
                ["doctor", *words, "--data", str(data or healthy / "data")],
                result_action="return_value",
            )
        except SystemExit as ended:
            code = int(ended.code or 0)
        found: dict[str, tuple[str, str]] = {}
        subject = ""
        for line in capsys.readouterr().out.splitlines():
            if line.startswith(("ok", "warn", "bad")):
                subject = line[6:19].strip()
                found[subject] = (line[:4].strip(), line[19:])
            else:
                verdict, text = found[subject]
                found[subject] = (verdict, f"{text} {line.strip()}")
        return code, found

    return run


def test_a_machine_that_will_do_is_told_so(examine: Doctor) -> None:
    """Everything that is looked at has a line; exit code 0, as with warnings alone."""
    code, found = examine()
    assert code == 0
    assert set(found) == {
        "memory", "data disk", "cache disk", "machine", "python", "user", "open files", "ports",
        "cache",
    }  # fmt: skip
    assert {subject for subject, (verdict, _) in found.items() if verdict != "ok"} <= {"ports"}


@pytest.mark.parametrize(
    ("gib", "verdict", "advice"), [(2.9, "warn", "--profile lite"), (1.4, "bad", "close something")]
)
def test_little_memory(
    examine: Doctor, monkeypatch: pytest.MonkeyPatch, gib: float, verdict: str, advice: str
) -> None:
    """Enough for the lite profile, or for none."""
    have_memory(monkeypatch, gib)
    code, found = examine()
    assert (code, found["memory"][0]) == (int(verdict == "bad"), verdict)
    assert advice in found["memory"][1]


@pytest.mark.parametrize(("gib", "verdict"), [(3.9, "warn"), (0.9, "bad")])
def test_a_full_disk(
    examine: Doctor, monkeypatch: pytest.MonkeyPatch, gib: float, verdict: str
) -> None:
    """Of the data and of the cache, each with its folder; folders need not be there yet."""
    have_disk(monkeypatch, gib)
    code, found = examine()
    assert code == int(verdict == "bad")
    for subject, folder in (("data disk", "data"), ("cache disk", "cache")):
        assert found[subject][0] == verdict
        assert f"/{folder}" in found[subject][1]
        assert "choose another place" in found[subject][1]


def test_a_machine_without_builds(examine: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, with what works there; all else is looked at."""
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    code, found = examine()
    assert (code, found["machine"][0]) == (1, "bad")
    assert "riscv64" in found["machine"][1]
    assert "docker-compose.yml" in found["machine"][1]
    assert found["user"][0] == "ok"


def test_another_python(examine: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the version that everything is tested on."""
    monkeypatch.setattr(doctor, "_PYTHON", (3, 99))
    code, found = examine()
    assert (code, found["python"][0]) == (1, "bad")
    assert "make setup" in found["python"][1]


def test_few_open_files(examine: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that cannot be raised from inside."""
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (256, 256))
    code, found = examine()
    assert (code, found["open files"][0]) == (0, "warn")
    assert "ulimit -n 4096" in found["open files"][1]


def test_a_user_or_a_folder_that_servers_cannot_have(
    examine: Doctor, monkeypatch: pytest.MonkeyPatch, healthy: Path
) -> None:
    """Root's servers run as another user, who must exist and be let in; others' as themselves."""
    closed = healthy / "closed"
    closed.mkdir(parents=True, mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert examine(data=closed / "data")[1]["user"] == ("ok", "uid 1000: servers run as you")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    code, found = examine(data=closed / "data")
    assert (code, found["user"][0]) == (1, "bad")
    assert f"{closed} is closed to other users" in found["user"][1]
    monkeypatch.setenv("LOCALEX_SERVER_USER", "nobody-like-this")
    code, found = examine()
    assert (code, found["user"][0]) == (1, "bad")
    assert "nobody-like-this" in found["user"][1]


def test_a_port_that_is_taken(examine: Doctor, healthy: Path) -> None:
    """It is named and no fault; while the stack is up its own ports are not asked about."""
    port = USUAL_PORTS["opensearch-transport"]
    with held(port):
        code, found = examine()
    assert (code, found["ports"][0]) == (0, "warn")
    # A long list is wrapped, where another stack has all the usual ports.
    assert f"{port} (opensearch-transport)" in " ".join(found["ports"][1].split())
    places = Places.of(healthy / "data")
    places.data.mkdir(parents=True)
    with places.lock_file.open("w") as lock, held(port):
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert examine()[1]["ports"] == ("ok", "the stack is up and has its ports")


@contextmanager
def held(port: int) -> Iterator[None]:
    """Somebody listens on this port: we, unless another has it already."""
    with socket.socket() as ours:
        with contextlib.suppress(OSError):
            ours.bind(("127.0.0.1", port))
            ours.listen()
        yield


def test_a_broken_file_in_the_cache(examine: Doctor, healthy: Path) -> None:
    """Of another length it is seen at once; changed behind its stamp, by the thorough look."""
    cache = ArtifactCache(healthy / "cache")
    shortest, second, *_ = sorted(bundle_for("kafka").artifacts, key=lambda one: one.size_bytes)
    for artifact, size in ((shortest, shortest.size_bytes), (second, 1)):
        path = cache.path_of(artifact)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"?" * size)
    stamp = [shortest.sha256, shortest.size_bytes, cache.path_of(shortest).stat().st_mtime_ns]
    path = cache.path_of(shortest)
    path.with_name(f"{path.name}.checked").write_text(json.dumps(stamp))
    code, found = examine()
    verdict, told = found["cache"]
    assert (code, verdict) == (0, "warn")
    assert f"{second.coordinate} has 1 bytes, not {second.size_bytes}" in told
    assert shortest.coordinate not in told
    verdict, told = examine("--verify-cache")[1]["cache"]
    assert verdict == "warn"
    assert f"{shortest.coordinate} has sha256" in told
    assert second.coordinate in told


def test_an_empty_cache_says_what_is_fetched(examine: Doctor) -> None:
    """No fault: the first start fetches."""
    verdict, told = examine()[1]["cache"]
    assert verdict == "ok"
    assert told.startswith("0 of ")
    assert "the first start fetches" in told


def test_a_fault_is_the_exit_code_of_the_command(tmp_path: Path) -> None:
    """As a script meets it: a folder that servers cannot reach, or a limit of this shell."""
    command = f"ulimit -n 256; exec {LOCALEX} doctor --data {tmp_path}"
    told = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, check=False, timeout=60
    )
    assert "warn  open files   at most 256" in told.stdout
    assert told.returncode == int("\nbad " in f"\n{told.stdout}")

"""`localex doctor`: what could keep the stack from running here, each with advice."""

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import App, Parameter

from embedded.commands.options import DataOption
from embedded.places import Places, cache_dir, is_root

_GIBIBYTE: Final = 1024**3
_MEMORY_FULL_GIB: Final = 3.0
_MEMORY_LITE_GIB: Final = 1.5
_DISK_GIB: Final = 4.0
_DESCRIPTORS: Final = 4096
_PYTHON: Final = (3, 13)

type Verdict = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    verdict: Verdict
    found: str
    advice: str = ""


def register(app: App) -> None:
    """Add the command."""
    app.command(doctor)


def doctor(
    *,
    verify_cache: Annotated[bool, Parameter(negative=())] = False,
    data: DataOption = None,
) -> None:
    """Look at memory, disk, ports, kernel, user, Python and cache; exit code 1 when one is bad.

    Args:
        verify_cache: Also compute the digest of everything that was downloaded.
        data: Data folder.
    """
    from embedded.show import console

    places = Places.of(data)
    machine = _machine()
    findings = [
        _memory(),
        _disk("data", places.data),
        _disk("cache", cache_dir()),
        machine,
        _python(),
        _user(places),
        _descriptors(),
        *_ports(places),
    ]
    if machine.verdict == "ok":
        findings.append(_cache(thorough=verify_cache))
    marks = {"ok": "[green]ok  [/]", "warn": "[yellow]warn[/]", "bad": "[red]bad [/]"}
    for finding in findings:
        console.print(f"{marks[finding.verdict]}  {finding.subject:<12} {finding.found}")
        if finding.advice:
            console.print(f"                    -> {finding.advice}", markup=False)
    if any(finding.verdict == "bad" for finding in findings):
        sys.exit(1)


def _memory() -> Finding:
    import psutil

    free = psutil.virtual_memory().available / _GIBIBYTE
    found = f"{free:.1f} GiB available"
    if free >= _MEMORY_FULL_GIB:
        return Finding("memory", "ok", found)
    if free >= _MEMORY_LITE_GIB:
        advice = "enough for `localex up --profile lite` (no search, no images), tight for full"
        return Finding("memory", "warn", found, advice)
    return Finding("memory", "bad", found, "close something: even the lite profile wants 1.5 GiB")


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _disk(subject: str, path: Path) -> Finding:
    free = shutil.disk_usage(_existing(path)).free / _GIBIBYTE
    found = f"{free:.1f} GiB free for {path}"
    if free >= _DISK_GIB:
        return Finding(f"{subject} disk", "ok", found)
    advice = f"{_DISK_GIB:.0f} GiB are wanted: choose another place (--data, LOCALEX_CACHE)"
    return Finding(f"{subject} disk", "warn" if free > 1 else "bad", found, advice)


def _machine() -> Finding:
    from embedded.fetch.manifest import machine_name

    found = f"{platform.system()} {platform.release()} on {platform.machine()}"
    try:
        return Finding("machine", "ok", f"{found} ({machine_name()})")
    except LookupError as error:
        return Finding("machine", "bad", found, str(error))


def _python() -> Finding:
    found = f"Python {platform.python_version()} at {sys.executable}"
    if sys.version_info[:2] == _PYTHON:
        return Finding("python", "ok", found)
    return Finding("python", "bad", found, "Python 3.13 is wanted: run `make setup`")


def _user(places: Places) -> Finding:
    from embedded.account import open_way, server_account

    if not is_root():
        return Finding("user", "ok", f"uid {os.geteuid()}: servers run as you")
    try:
        account = server_account()
        open_way(_existing(places.data) / "any")
        open_way(_existing(cache_dir()) / "any")
    except (LookupError, PermissionError) as error:
        return Finding("user", "bad", "root", str(error))
    name = account.name if account else ""
    return Finding("user", "ok", f"root: servers run as {name}, services as root")


def _descriptors() -> Finding:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= _DESCRIPTORS or hard == resource.RLIM_INFINITY or hard >= _DESCRIPTORS:
        return Finding("open files", "ok", f"{soft} (at most {hard})")
    return Finding("open files", "warn", f"at most {hard}", f"raise it: ulimit -n {_DESCRIPTORS}")


def _ports(places: Places) -> list[Finding]:
    from embedded.ports import USUAL_PORTS, is_free
    from embedded.supervise.client import is_locked

    if is_locked(places.lock_file):
        return [Finding("ports", "ok", "the stack is up and has its ports")]
    taken = [f"{port} ({name})" for name, port in USUAL_PORTS.items() if not is_free(port)]
    if not taken:
        return [Finding("ports", "ok", "the usual ones are free")]
    advice = "nothing to do: free ones are chosen; `localex status` shows them"
    return [Finding("ports", "warn", f"taken: {', '.join(taken)}", advice)]


def _cache(*, thorough: bool) -> Finding:
    from embedded.fetch.cache import ArtifactCache
    from embedded.fetch.manifest import bundle_for, load_manifest
    from embedded.fetch.servers import FETCHED_SERVERS

    manifest = load_manifest()
    cache = ArtifactCache(cache_dir())
    wanted = [a for name in FETCHED_SERVERS for a in bundle_for(name, manifest).artifacts]
    faults = {a.coordinate: cache.fault_of(a, thorough=thorough) for a in wanted}
    missing = [name for name, fault in faults.items() if fault == "missing"]
    broken = [f"{name} {fault}" for name, fault in faults.items() if fault not in {None, "missing"}]
    found = f"{len(wanted) - len(missing) - len(broken)} of {len(wanted)} files in {cache_dir()}"
    if broken:
        return Finding("cache", "warn", found, f"the next start fetches again: {'; '.join(broken)}")
    if missing:
        size = sum(a.size_bytes for a in wanted if faults[a.coordinate] == "missing")
        return Finding("cache", "ok", found, f"the first start fetches {size / 1024**2:.0f} MB")
    return Finding("cache", "ok", f"{found}, {'digests computed' if thorough else 'as stamped'}")

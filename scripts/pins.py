"""Pins of every dependency: written from one resolve, and checked against each other.

Three places hold a version: the constraint list in the root pyproject.toml (what a resolve may
choose), the exports with hashes (what set-up and images install) and the environment (what runs).
`pins write` makes the first two from a resolve; `pins check` compares all three, offline.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
RUNTIME, DEV, UV = "requirements.txt", "requirements-dev.txt", "requirements-uv.txt"
EXPORTS = (RUNTIME, DEV, UV)
HEADER = "# Written by `scripts/pins write`; do not edit.\n"
CONSTRAINTS = re.compile(r"^constraint-dependencies = \[[^]]*\]$", re.MULTILINE)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line: `write [--upgrade [NAME ...]]` or `check`."""
    parser = argparse.ArgumentParser(prog="scripts/pins", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    write = commands.add_parser("write", help="resolve; write the constraints and the exports")
    write.add_argument("--upgrade", nargs="*", metavar="NAME", help="free these pins; none: all")
    write.add_argument("--uv", default="uv", help="the uv to resolve with")
    commands.add_parser("check", help="compare constraints, exports and environment")
    chosen = parser.parse_args(arguments)
    if chosen.command == "write":
        write_pins(ROOT, chosen.uv, chosen.upgrade)
    faults = find_faults(ROOT, installed_versions())
    print(*faults or ["pins: constraints, exports and environment agree"], sep="\n")
    return 1 if faults else 0


def write_pins(root: Path, uv: str, upgrade: list[str] | None) -> None:
    """Resolve anew and write the constraint list and the three exports.

    Args:
        root: The workspace.
        uv: The uv command to resolve with.
        upgrade: Pins to free before the resolve: None keeps all, an empty list frees all.
    """
    if upgrade is not None:
        freed = {canonicalize_name(name) for name in upgrade}
        kept = {} if not freed else dict(read_constraints(root))
        write_constraints(root, {n: v for n, v in kept.items() if n not in freed})
    versions = parse_export(resolve(root, uv, [root / "pyproject.toml"], dev=True))
    write_constraints(root, {name: version for name, (version, _) in versions.items()})
    services = [*sorted(root.glob("services/*/pyproject.toml"))]
    services += [root / "libs/client/pyproject.toml"]
    (root / DEV).write_text(HEADER + resolve(root, uv, [root / "pyproject.toml"], dev=True))
    (root / RUNTIME).write_text(HEADER + resolve(root, uv, services, dev=False))
    (root / UV).write_text(HEADER + resolve_uv(root, uv, upgrade))


def resolve(root: Path, uv: str, projects: list[Path], *, dev: bool) -> str:
    """Return the hashed requirements of some projects for all platforms, without the workspace."""
    hidden = [f"--no-emit-package={name}" for name in member_names(root)]
    command = [uv, "pip", "compile", "--universal", "--generate-hashes", "--no-header"]
    command += ["--no-annotate", "--quiet", *hidden]
    command += ["--group=dev"] if dev else []
    command += [str(project) for project in projects]
    return run(command, root)


def resolve_uv(root: Path, uv: str, upgrade: list[str] | None) -> str:
    """Return the hashed requirement of uv itself: the pinned version, or the newest if freed."""
    pinned = parse_export(read(root / UV)).get("uv")
    free = pinned is None or (upgrade is not None and (not upgrade or "uv" in upgrade))
    wanted = "uv" if free or pinned is None else f"uv=={pinned[0]}"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "uv.in"
        source.write_text(wanted + "\n")
        command = [uv, "pip", "compile", "--universal", "--generate-hashes", "--no-header"]
        command += ["--no-annotate", "--quiet", "--no-config", str(source)]
        return run(command, Path(folder))


def run(command: list[str], folder: Path) -> str:
    """Return a command's output; what it says about a failure goes to the terminal."""
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def member_names(root: Path) -> list[str]:
    """Return the distribution names of the workspace."""
    return sorted(
        tomllib.loads(path.read_text())["project"]["name"]
        for pattern in ("libs/*", "services/*", "deploy/*", ".")
        for path in root.glob(f"{pattern}/pyproject.toml")
    )


def read(path: Path) -> str:
    """Return a file's text, or nothing if there is no such file."""
    return path.read_text() if path.exists() else ""


def read_constraints(root: Path) -> dict[str, str]:
    """Return name -> version of the root's constraint list."""
    table = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["uv"]
    pairs = (entry.split("==") for entry in table["constraint-dependencies"])
    return {canonicalize_name(name): version for name, version in pairs}


def write_constraints(root: Path, versions: dict[str, str]) -> None:
    """Put the versions into the root's constraint list, sorted, one a line."""
    lines = "".join(f'    "{name}=={version}",\n' for name, version in sorted(versions.items()))
    path = root / "pyproject.toml"
    block = f"constraint-dependencies = [\n{lines}]" if lines else "constraint-dependencies = []"
    path.write_text(CONSTRAINTS.sub(lambda _: block, path.read_text(), count=1))


def parse_export(text: str) -> dict[str, tuple[str, frozenset[str]]]:
    r"""Return name -> (version, hashes) of an export; a line is continued by a backslash."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for entry in text.replace("\\\n", " ").splitlines():
        requirement, *hashes = entry.split("--hash=")
        if not requirement[:1].isalnum():
            continue
        parsed = Requirement(requirement.strip())
        version = str(parsed.specifier).removeprefix("==")
        found[canonicalize_name(parsed.name)] = (version, frozenset(h.strip() for h in hashes))
    return found


def applicable(text: str) -> dict[str, str]:
    """Return name -> version of the entries whose marker holds on this machine."""
    entries = [line for line in text.splitlines() if line[:1].isalnum()]
    parsed = [Requirement(line.removesuffix("\\").strip()) for line in entries]
    return {
        canonicalize_name(item.name): str(item.specifier).removeprefix("==")
        for item in parsed
        if item.marker is None or item.marker.evaluate()
    }


def installed_versions() -> dict[str, str]:
    """Return name -> version of what this interpreter can import from its environment."""
    return {canonicalize_name(dist.name): dist.version for dist in metadata.distributions()}


def find_faults(root: Path, installed: dict[str, str]) -> list[str]:
    """Return a sentence for each disagreement; none means that all agree."""
    texts = {name: read(root / name) for name in EXPORTS}
    exports = {name: parse_export(text) for name, text in texts.items()}
    pinned = {name: version for name, (version, _) in exports[DEV].items()}
    return [
        *compare("constraint list", read_constraints(root), DEV, pinned),
        *runtime_faults(exports),
        *address_faults({**texts, "pyproject.toml": read(root / "pyproject.toml")}),
        *declared_faults(root, set(pinned)),
        *environment_faults(root, texts[DEV], installed),
    ]


def compare(left: str, here: dict[str, str], right: str, there: dict[str, str]) -> list[str]:
    """Return a sentence for each name whose version differs between two places."""
    return [
        f"{name}: {here.get(name, 'absent')} in {left}, {there.get(name, 'absent')} in {right}"
        for name in sorted(here.keys() | there.keys())
        if here.get(name) != there.get(name)
    ]


def runtime_faults(exports: dict[str, dict[str, tuple[str, frozenset[str]]]]) -> list[str]:
    """Return what is unhashed anywhere, or in the runtime export but not so in the full one."""
    bare = [
        f"{name}: no sha256 in {export}"
        for export, pins in exports.items()
        for name, (_, hashes) in pins.items()
        if not any(value.startswith("sha256:") for value in hashes)
    ]
    strays = [
        f"{name}: {RUNTIME} and {DEV} differ"
        for name, pin in exports[RUNTIME].items()
        if exports[DEV].get(name) != pin
    ]
    missing = [f"{export}: empty" for export, pins in exports.items() if not pins]
    return bare + strays + missing


def address_faults(texts: dict[str, str]) -> list[str]:
    """Return the lines that write an address or a local path into a pin."""
    return [
        f"{name}: an address: {line.strip()}"
        for name, text in texts.items()
        for line in text.splitlines()
        if "://" in line or line.startswith(("-e", "--index", "--find-links", "/", "."))
    ]


def declared_faults(root: Path, pinned: set[str]) -> list[str]:
    """Return the dependencies that a member declares and no pin covers."""
    members = set(member_names(root))
    faults = []
    for pattern in (".", "libs/*", "services/*", "deploy/*"):
        for path in root.glob(f"{pattern}/pyproject.toml"):
            table = tomllib.loads(path.read_text())
            wanted = table["project"].get("dependencies", [])
            wanted += table.get("dependency-groups", {}).get("dev", [])
            names = {canonicalize_name(Requirement(entry).name) for entry in wanted}
            where = path.relative_to(root)
            faults += [f"{n}: in {where}, not pinned" for n in sorted(names - pinned - members)]
    return faults


def environment_faults(root: Path, export: str, installed: dict[str, str]) -> list[str]:
    """Return what runs here in another version than the export, or without being in it."""
    members = set(member_names(root))
    ours = {name: version for name, version in installed.items() if name not in members}
    return compare("environment", ours, DEV, applicable(export))


if __name__ == "__main__":
    sys.exit(main())

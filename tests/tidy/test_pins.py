"""Every version is pinned, hashed, and the one that runs."""

from pathlib import Path

import pytest

from scripts import pins

ENTRY = "a==1.0 \\\n    --hash=sha256:00\n"


def test_constraints_exports_and_environment_agree() -> None:
    """What a resolve may choose, what is installed from and what runs are the same."""
    assert pins.find_faults(pins.ROOT, pins.installed_versions()) == []


def workspace(folder: Path, constraints: str, dev: str, runtime: str) -> Path:
    """A workspace of one project that needs `a`."""
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "w"\ndependencies = ["a"]\n'
        f"[tool.uv]\nconstraint-dependencies = [{constraints}]\n"
    )
    (folder / pins.DEV).write_text(dev)
    (folder / pins.RUNTIME).write_text(runtime)
    (folder / pins.UV).write_text("uv==1 --hash=sha256:00\n")
    return folder


def test_agreement_has_no_faults(tmp_path: Path) -> None:
    """The smallest workspace in order passes."""
    root = workspace(tmp_path, '"a==1.0"', ENTRY, ENTRY)
    assert pins.find_faults(root, {"a": "1.0", "w": "0"}) == []


@pytest.mark.parametrize(
    ("constraints", "dev", "runtime", "installed"),
    [
        ('"a==1.1"', ENTRY, ENTRY, {"a": "1.0"}),
        ("", ENTRY, ENTRY, {"a": "1.0"}),
        ('"a==1.0"', ENTRY, ENTRY, {"a": "1.1"}),
        ('"a==1.0"', ENTRY, ENTRY, {}),
        ('"a==1.0"', ENTRY, ENTRY, {"a": "1.0", "b": "1.0"}),
        ('"a==1.0"', ENTRY, ENTRY.replace("00", "11"), {"a": "1.0"}),
        ('"a==1.0"', ENTRY, "", {"a": "1.0"}),
        ('"a==1.0"', "a==1.0\n", "a==1.0\n", {"a": "1.0"}),
        ('"a==1.0"', "--index-url https://x\n" + ENTRY, ENTRY, {"a": "1.0"}),
        ('"b==1.0"', ENTRY.replace("a", "b", 1), ENTRY.replace("a", "b", 1), {"b": "1.0"}),
    ],
)
def test_each_disagreement_is_found(
    tmp_path: Path, constraints: str, dev: str, runtime: str, installed: dict[str, str]
) -> None:
    """A version, a hash, an address or a package in one place only is a fault."""
    assert pins.find_faults(workspace(tmp_path, constraints, dev, runtime), installed)

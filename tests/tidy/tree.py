"""The tree as the tidy checks see it: text by path, and syntax by module."""

import ast
import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("gateway", "ledger", "marketplace", "search")
#: Files of a slice that are no verbs.
VOCABULARY = frozenset(
    {"__init__", "router", "consumers", "lifecycle", "queries", "models", "errors"}
)

type Sources = dict[str, str]
type Function = ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def tracked() -> tuple[str, ...]:
    """Paths of what is, or is about to be, in the repository."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = {path for path in listing.split("\0") if path}
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


@functools.cache
def text_of(path: str) -> str:
    """A file's text; what is no text reads as nothing."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def sources(suffix: str, *, under: str = "", within: str = "") -> Sources:
    """Text by path of the tracked files with a suffix, below a folder, with a part in the path."""
    return {
        path: text_of(path)
        for path in tracked()
        if path.endswith(suffix) and path.startswith(under) and within in path
    }


def python(*, tests: bool = False) -> Sources:
    """Our Python: product code, or with `tests` the tests as well."""
    everything = sources(".py")
    return {path: text for path, text in everything.items() if tests or not is_test(path)}


def is_test(path: str) -> bool:
    """Whether a path is test code."""
    return path.startswith("tests/") or "/tests/" in path or path == "conftest.py"


@functools.cache
def parse(text: str) -> ast.Module:
    """Parse a module; the same text is parsed once."""
    return ast.parse(text)


def functions(text: str) -> Iterator[Function]:
    """All functions and methods of a module, nested ones too."""
    for node in ast.walk(parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def slice_of(path: str) -> tuple[str, str, str] | None:
    """Service, slice and module of `services/<s>/src/<s>/<slice>/<module>.py`, or nothing."""
    parts = Path(path).parts
    depth = 6
    if len(parts) != depth or parts[0] != "services" or parts[2] != "src":
        return None
    return parts[1], parts[4], Path(path).stem


def is_verb(path: str) -> bool:
    """Whether a path is a slice's verb: a file that is none of the fixed vocabulary."""
    place = slice_of(path)
    return place is not None and place[2] not in VOCABULARY

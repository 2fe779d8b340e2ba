"""Tests say in a sentence what they hold, and none is skipped in silence."""

import ast
import re
from collections.abc import Iterator

from tests.tidy import tree

MOCKS = frozenset({"unittest.mock", "mock", "pytest_mock"})
ENOUGH = 10


def tests_of(text: str) -> Iterator[tree.Function]:
    """The test functions of a module."""
    return (node for node in tree.functions(text) if node.name.startswith("test_"))


def wordless_tests(files: tree.Sources) -> list[str]:
    """Tests without a sentence: a capital letter first, a full stop last."""
    faults = []
    for path, text in files.items():
        for node in tests_of(text):
            docstring = (ast.get_docstring(node) or "").split("\n\n")[0]
            if not re.match(r"^[^a-z\s].*[.!?]$", docstring, re.DOTALL):
                faults.append(f"{path}:{node.lineno} {node.name}")
    return faults


def silent_skips(files: tree.Sources) -> list[str]:
    """Skips and expected failures that give no reason a reader could act on."""
    faults = []
    for path, text in files.items():
        for node in ast.walk(tree.parse(text)):
            if isinstance(node, ast.Call) and is_skip(node.func) and not has_reason(node):
                faults.append(f"{path}:{node.lineno}")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                bare = (d for d in node.decorator_list if is_skip(d))
                faults += [f"{path}:{decorator.lineno}" for decorator in bare]
    return faults


def is_skip(node: ast.expr) -> bool:
    """Whether an expression names one of pytest's ways not to run a test."""
    name = ast.unparse(node)
    return name.startswith("pytest") and name.rsplit(".", 1)[-1] in {"skip", "skipif", "xfail"}


def has_reason(call: ast.Call) -> bool:
    """Whether a skip says why, in more than a word."""
    reasons = [k.value for k in call.keywords if k.arg in {"reason", "msg"}]
    if ast.unparse(call.func) in {"pytest.skip", "pytest.xfail"}:
        reasons += call.args[:1]
    return any(not isinstance(r, ast.Constant) or len(str(r.value)) >= ENOUGH for r in reasons)


def mocks(files: tree.Sources) -> list[str]:
    """Imports of mocking libraries."""
    return [
        f"{path}:{node.lineno}"
        for path, text in files.items()
        for node in ast.walk(tree.parse(text))
        if (isinstance(node, ast.ImportFrom) and node.module in MOCKS)
        or (isinstance(node, ast.Import) and {a.name for a in node.names} & MOCKS)
        or (isinstance(node, ast.ImportFrom) and "mock" in {a.name for a in node.names})
    ]


def code_of_tests() -> tree.Sources:
    """All test code."""
    return {p: t for p, t in tree.python(tests=True).items() if tree.is_test(p)}


def test_each_test_says_what_it_holds() -> None:
    """A failing test is read by someone who has never seen it."""
    assert wordless_tests(code_of_tests()) == []


def test_no_test_is_skipped_in_silence() -> None:
    """Each skip and each expected failure has a reason."""
    assert silent_skips(code_of_tests()) == []


def test_test_folders_are_no_packages() -> None:
    """Two packages called `tests` would hide each other; the path from the root names a module."""
    assert [path for path in code_of_tests() if path.endswith("__init__.py")] == []


def test_nothing_is_mocked() -> None:
    """Our own code is tested as it is; what lies outside is real or a fake with a name."""
    assert mocks(code_of_tests()) == []


def test_the_checks_of_tests_can_fail() -> None:
    """A wordless test, a silent skip and a mock are found."""
    assert wordless_tests({"a.py": "def test_a(): ..."})
    assert wordless_tests({"a.py": 'def test_a():\n    """works"""'})
    assert wordless_tests({"a.py": 'def test_a():\n    """It works."""'}) == []
    for line in ("pytest.skip()", "pytest.skip('no')", "@pytest.mark.skip\ndef test_a(): ..."):
        assert silent_skips({"a.py": line}), line
    assert silent_skips({"a.py": "pytest.skip('no Docker daemon answers')"}) == []
    assert mocks({"a.py": "from unittest.mock import Mock"})
    assert mocks({"a.py": "from unittest import mock"})

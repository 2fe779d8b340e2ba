"""Money is an integer in minor units: no float anywhere near it."""

import ast
import re
from collections.abc import Iterator

from tests.tidy import tree

MONEY = (
    "services/ledger/src/",
    "libs/contracts/src/contracts/money.py",
    "libs/contracts/src/contracts/ledger.py",
    "libs/contracts/src/contracts/marketplace.py",
    "services/marketplace/src/marketplace/trades/",
)
#: Waits are no money; their unit is the last word of the name.
TIME = re.compile(r"(_seconds|_ms|timeout|delay)$")
#: To wait, and to refuse a float.
SPARED_CALLS = frozenset({"asyncio.sleep", "isinstance"})
INEXACT = re.compile(r"\b(real|float[48]?|double\s+precision)\b", re.IGNORECASE)


def floats(text: str) -> Iterator[int]:
    """Line numbers of float literals and the word float, but for waits in seconds."""
    excused: set[int] = set()
    for node in ast.walk(tree.parse(text)):
        for name, part in named_parts(node):
            if TIME.search(name.lower()):
                excused |= {id(inner) for inner in ast.walk(part)}
    for node in ast.walk(tree.parse(text)):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        word = isinstance(node, ast.Name) and node.id == "float"
        if isinstance(node, ast.Call) and ast.unparse(node.func) in SPARED_CALLS:
            excused |= {id(inner) for inner in ast.walk(node)}
        if (literal or word) and id(node) not in excused and isinstance(node, ast.expr):
            yield node.lineno


def named_parts(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Names with what they are given: arguments, keywords and assignments."""
    if isinstance(node, ast.arg):
        yield node.arg, node
    elif isinstance(node, ast.keyword):
        yield node.arg or "", node
    elif isinstance(node, ast.AnnAssign):
        yield ast.unparse(node.target), node
    elif isinstance(node, ast.Assign):
        yield ast.unparse(node.targets[0]), node


def inexact_money(files: tree.Sources) -> list[str]:
    """Floats in modules that handle money."""
    return [
        f"{path}:{line}"
        for path, text in files.items()
        if path.startswith(MONEY)
        for line in floats(text)
    ]


def inexact_columns(files: tree.Sources) -> list[str]:
    """Inexact SQL types in the ledger's SQL, comments left out."""
    return [
        f"{path}:{number}: {line.strip()}"
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if INEXACT.search(line.split("--")[0])
    ]


def test_no_float_touches_money() -> None:
    """An amount that has been a float once may be off by a cent."""
    assert inexact_money(tree.python()) == []


def test_no_inexact_column_holds_money() -> None:
    """The ledger's tables and functions use exact numbers only."""
    assert inexact_columns(tree.sources(".sql", under="services/ledger/")) == []


def test_the_money_checks_can_fail() -> None:
    """A literal, an annotation, a cast and an inexact column are found; a wait is not."""
    for line in ("x = 0.5", "x: float", "def f(amount: float): ...", "y = float(x)"):
        assert inexact_money({MONEY[1]: line}), line
    for line in (
        "ttl_seconds: float = 0.5",
        "f(timeout=0.5)",
        "isinstance(x, float)",
        "POLL_SECONDS = 0.05",
    ):
        assert inexact_money({MONEY[1]: line}) == [], line
    assert inexact_columns({"a.sql": "CREATE TABLE t (amount double  precision)"})
    assert inexact_columns({"a.sql": "SELECT 1 -- the real thing"}) == []

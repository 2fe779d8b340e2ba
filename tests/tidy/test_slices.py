"""A folder is a noun, a file is a verb: the shape of slices."""

import ast
from collections.abc import Iterator

import pytest

from tests.tidy import tree

SLICES_PER_SERVICE = 13
#: Each of these is a word of its own to clients: what people do with money, and what keeps them
#: safe, has more of them.
MORE_SLICES = {"ledger": 24, "gateway": 19}
OTHER_SLICES = 5
IMPURE_MODULES = frozenset(
    {"time", "random", "secrets", "uuid", "os", "socket", "asyncio", "asyncpg"}
)
IMPURE_CALLS = frozenset(
    {"now", "utcnow", "today", "time", "monotonic", "uuid4", "uuid7", "urandom"}
)
STATEMENTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "CALL", "SET", "LOCK", "REFRESH")


def busy_inits(files: tree.Sources) -> list[str]:
    """Slices whose `__init__.py` is more or less than a docstring."""
    faults = []
    for path, text in files.items():
        place = tree.slice_of(path)
        if place is None or place[2] != "__init__":
            continue
        body = tree.parse(text).body
        if len(body) != 1 or ast.get_docstring(tree.parse(text)) is None:
            faults.append(f"{path}: a docstring and nothing else belongs here")
    return faults


def impure_lifecycles(files: tree.Sources) -> list[str]:
    """Deciding modules that read a clock, make ids or touch the world."""
    return [
        f"{path}:{node.lineno}: {what}"
        for path, text in files.items()
        if path.endswith("/lifecycle.py")
        for node, what in impurities(tree.parse(text))
    ]


def impurities(module: ast.Module) -> Iterator[tuple[ast.stmt | ast.expr, str]]:
    """Imports and calls that make a module depend on more than its arguments."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if names == ["uuid"] and [alias.name for alias in node.names] == ["UUID"]:
                continue  # the type of an id, not a source of ids
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                if name.split(".")[0] in IMPURE_MODULES:
                    yield node, f"import {name}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in IMPURE_CALLS:
                yield node, f"{ast.unparse(node.func)}()"
        elif isinstance(node, ast.AsyncFunctionDef | ast.Await):
            yield node, "a pure module awaits nothing"


def public_coroutines(text: str) -> list[ast.AsyncFunctionDef]:
    """The coroutines that a module offers to others."""
    body = tree.parse(text).body
    found = [node for node in body if isinstance(node, ast.AsyncFunctionDef)]
    return [node for node in found if not node.name.startswith("_")]


def crowded_verbs(files: tree.Sources) -> list[str]:
    """Verb files with several public coroutines."""
    return [
        f"{path}: {', '.join(node.name for node in public_coroutines(text))}"
        for path, text in files.items()
        if tree.is_verb(path) and len(public_coroutines(text)) > 1
    ]


def silent_verbs(files: tree.Sources) -> list[str]:
    """Verbs of several arguments whose docstring does not say what they take."""
    return [
        f"{path}:{node.lineno} {node.name}"
        for path, text in files.items()
        if tree.is_verb(path)
        for node in public_coroutines(text)
        if len(node.args.args) + len(node.args.kwonlyargs) > 1
        and "Args:" not in (ast.get_docstring(node) or "")
    ]


def is_statement(text: str) -> bool:
    """Whether a string is SQL by its first word."""
    return text.strip().split(" ")[0].split("\n")[0] in STATEMENTS


def stray_sql(files: tree.Sources) -> list[str]:
    """SQL outside queries, and SQL in queries that has no upper-case name of its own."""
    faults = []
    for path, text in files.items():
        if tree.slice_of(path) is None:
            continue
        in_queries = path.endswith("/queries.py")
        named = {id(value) for value in constants(tree.parse(text))} if in_queries else set()
        faults += [
            f"{path}:{node.lineno}: {node.value.strip().splitlines()[0]}"
            for node in ast.walk(tree.parse(text))
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and is_statement(node.value)
            and len(node.value.split()) > 3
            and id(node) not in named
        ]
    return faults


def constants(module: ast.Module) -> Iterator[ast.expr]:
    """Values, and their parts, of upper-case names at the top of a module."""
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if all(isinstance(t, ast.Name) and t.id.isupper() for t in targets):
                yield from (n for n in ast.walk(node.value) if isinstance(n, ast.expr))


def neighbours(path: str, text: str) -> Iterator[tuple[str, str]]:
    """Slice and module of each import from another slice of the same service."""
    place = tree.slice_of(path)
    if place is None:
        return
    service, own, _ = place
    for node in ast.walk(tree.parse(text)):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(service):
            continue
        parts = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
        if len(parts) > 2 and parts[1] != own:
            yield parts[1], parts[2]


def borrowed_queries(files: tree.Sources) -> list[str]:
    """Imports of another slice's queries."""
    return [
        f"{path}: {slice_}.queries"
        for path, text in files.items()
        for slice_, module in neighbours(path, text)
        if module == "queries"
    ]


def entangled_slices(files: tree.Sources) -> list[str]:
    """Slices that use more other slices than a reader can keep in mind."""
    slices = {place[:2] for path in files if (place := tree.slice_of(path))}
    used: dict[tuple[str, str], set[str]] = {}
    for path, text in files.items():
        if place := tree.slice_of(path):
            others = {name for name, _ in neighbours(path, text) if (place[0], name) in slices}
            used.setdefault(place[:2], set()).update(others)
    return [f"{k}: {sorted(names)}" for k, names in used.items() if len(names) > OTHER_SLICES]


def test_a_slices_init_is_a_docstring() -> None:
    """Opening a folder shows what it owns, and importing it does nothing."""
    assert busy_inits(tree.python()) == []


def test_deciding_modules_are_pure() -> None:
    """Clock, ids and randomness are arguments, so that a decision can be tested as a table."""
    assert impure_lifecycles(tree.python()) == []


def test_a_verb_file_has_one_public_coroutine() -> None:
    """A file is a verb."""
    assert crowded_verbs(tree.python()) == []


def test_verbs_say_what_they_take() -> None:
    """A verb's docstring names its arguments."""
    assert silent_verbs(tree.python()) == []


def test_sql_lives_in_queries_under_a_name() -> None:
    """Each statement is an upper-case constant, so that a test can prepare each one."""
    assert stray_sql(tree.python()) == []


def test_no_slice_uses_anothers_queries() -> None:
    """A slice calls another's verb, never its statements."""
    assert borrowed_queries(tree.python()) == []


def test_slices_know_few_others() -> None:
    """A change stays in one folder only if folders know few others."""
    assert entangled_slices(tree.python()) == []


@pytest.mark.parametrize("service", tree.SERVICES)
def test_a_service_has_about_a_dozen_slices(service: str) -> None:
    """One more than these is a sign of a missing word."""
    found = {p[1] for path in tree.python() if (p := tree.slice_of(path)) and p[0] == service}
    assert len(found) <= MORE_SLICES.get(service, SLICES_PER_SERVICE)


def test_the_slice_checks_can_fail() -> None:
    """Each rule finds a slice that breaks it."""
    home = "services/ledger/src/ledger/accounts"
    assert busy_inits({f"{home}/__init__.py": '"""Accounts."""\n\nfrom x import y\n'})
    assert busy_inits({f"{home}/__init__.py": ""})
    for line in (
        "import time",
        "from uuid import uuid4",
        "x = datetime.now()",
        "async def f(): ...",
    ):
        assert impure_lifecycles({f"{home}/lifecycle.py": line}), line
    assert impure_lifecycles({f"{home}/lifecycle.py": "from uuid import UUID"}) == []
    two = 'async def a(conn, x):\n    """A."""\nasync def b():\n    """B."""\n'
    assert crowded_verbs({f"{home}/open.py": two})
    assert crowded_verbs({f"{home}/queries.py": two}) == []
    assert silent_verbs({f"{home}/open.py": two})
    assert stray_sql({f"{home}/open.py": 'x = "SELECT a FROM b"'})
    assert stray_sql({f"{home}/queries.py": 'def f():\n    return "SELECT a FROM b"'})
    assert stray_sql({f"{home}/queries.py": 'READ = "SELECT a FROM b"'}) == []
    assert borrowed_queries({f"{home}/open.py": "from ledger.journal import queries"})
    assert borrowed_queries({f"{home}/open.py": "from ledger.journal.queries import READ"})
    assert borrowed_queries({f"{home}/open.py": "from ledger.accounts import queries"}) == []
    many = {f"services/ledger/src/ledger/s{n}/a.py": "" for n in range(9)}
    imports = "\n".join(f"from ledger.s{n}.a import b" for n in range(9))
    assert entangled_slices({**many, f"{home}/open.py": imports})

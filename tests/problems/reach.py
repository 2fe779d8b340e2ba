"""What a piece of code can raise, read from the code: functions, and what they name, followed.

No call is made. A method is found by its name among the classes that the code so far followed has
named (their parameters' types among them). Where a problem comes by a way that no call shows, such
as a queue, the docstring names it under `Raises`, which is read, too.
"""

import ast
import builtins
import functools
import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final, TypeAliasType, get_args

from chassis.problems import Problem

OURS: Final = ("chassis", "contracts", "gateway", "ledger", "marketplace", "search")
_TYPE_CALLS: Final = frozenset({"isinstance", "issubclass", "cast"})
#: How deep tables of problems by name are.
_DEPTH_MAX: Final = 3
_ERRORS_MODULE: Final = re.compile(r"`((?:\w+\.)+errors)`")
_RAISES: Final = re.compile(
    r"\n[ \t]*Raises:\n(.*?)(?=\n[ \t]*(?:Emits|Source|Returns|Args):|\Z)", re.DOTALL
)
_NAMED: Final = re.compile(r"^[ \t]*([A-Z]\w+(?:, [A-Z]\w+)*):", re.MULTILINE)
#: Methods of what everybody has, not worth following by name.
_PLAIN: Final = frozenset({"append", "items", "keys", "values", "update", "add", "discard", "pop"})


class Reach:
    """All that can be reached from some callables."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.problems: set[type[Problem]] = set()
        self._seen: set[int] = set()
        self._keep: list[Any] = []
        self._classes: set[type] = set()
        self._methods: set[str] = set()
        self._todo: list[Any] = []

    def follow(self, roots: Iterable[Any]) -> None:
        """Follow everything that `roots` name."""
        self._todo.extend(roots)
        while self._todo:
            self._take(self._todo.pop(), 0)

    def _take(self, found: Any, depth: int) -> None:
        found = _bare(found)
        if id(found) in self._seen:
            return
        if isinstance(found, (FunctionType, type)) or get_args(found) or _is_many(found):
            self._seen.add(id(found))
            self._keep.append(found)
        if isinstance(found, FunctionType):
            if _is_ours(found.__module__):
                self._visit(found)
        elif isinstance(found, type):
            self._take_class(found)
        elif get_args(found):
            self._todo.extend(_parts(found))
        elif _is_many(found) and depth < _DEPTH_MAX:
            for part in [*found.values()] if isinstance(found, dict) else [*found]:
                self._take(part, depth + 1)
        elif _is_ours(type(found).__module__):
            self._take(type(found), depth)

    def _take_class(self, found: type) -> None:
        if not _is_ours(found.__module__):
            return
        if issubclass(found, Problem):
            if found is not Problem:
                self.problems.add(found)
            return
        self._classes.add(found)
        for name, method in vars(found).items():
            if name in self._methods or name.startswith("__"):
                self._take_method(method)
        for note in inspect.get_annotations(found).values():
            # A field may hold what is called, and problems that it only speaks of.
            self._todo.extend(part for part in _parts(note) if not _is_problem(part))

    def _take_method(self, method: Any) -> None:
        if isinstance(method, (staticmethod, classmethod)):
            method = method.__func__
        if isinstance(method, property):
            method = method.fget
        if isinstance(method, functools.cached_property):
            method = method.func
        if isinstance(method, FunctionType):
            self._todo.append(method)

    def _called(self, method: str) -> None:
        if method in self._methods or method in _PLAIN:
            return
        self._methods.add(method)
        for one in self._classes:
            if method in vars(one):
                self._take_method(vars(one)[method])

    def _visit(self, function: FunctionType) -> None:
        names = {**vars(builtins), **function.__globals__, **_closure(function)}
        self.problems |= _documented(function)
        tree = _tree(function)
        spoken = set(_only_spoken_of(tree))
        for node in ast.walk(tree):
            if isinstance(node, (ast.Name, ast.Attribute)):
                found = _resolve(node, names)
                if found is not None:
                    if id(node) not in spoken or not _is_problem(found):
                        self._todo.append(found)
                elif isinstance(node, ast.Attribute):
                    self._called(node.attr)


def _bare(found: Any) -> Any:
    if isinstance(found, TypeAliasType):
        found = found.__value__
    if isinstance(found, functools.partial):
        found = found.func
    if isinstance(found, MethodType):
        found = found.__func__
    return inspect.unwrap(found) if callable(found) and not isinstance(found, type) else found


def _parts(note: Any) -> Iterator[Any]:
    if isinstance(note, TypeAliasType):
        note = note.__value__
    inner = get_args(note)
    if not inner:
        yield note
    for part in inner:
        yield from _parts(part)
        if dependency := getattr(part, "dependency", None):
            yield dependency


def _is_ours(module: str | None) -> bool:
    return bool(module) and str(module).partition(".")[0] in OURS


def _is_problem(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, Problem)


def _is_many(found: Any) -> bool:
    return isinstance(found, (dict, tuple, list, frozenset, set))


def _closure(function: FunctionType) -> dict[str, Any]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    held = {}
    for name, cell in cells:
        try:
            held[name] = cell.cell_contents
        except ValueError:
            continue
    return held


@functools.cache
def _tree(function: FunctionType) -> ast.AST:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):
        return ast.Module([], [])


def _only_spoken_of(tree: ast.AST) -> Iterator[int]:
    """Names in annotations, `except` and `isinstance`: what is there is not raised there."""
    for node in ast.walk(tree):
        spoken: list[ast.AST | None] = []
        if isinstance(node, ast.ExceptHandler):
            spoken = [node.type]
        elif isinstance(node, (ast.arg, ast.AnnAssign)):
            spoken = [node.annotation]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            spoken = [node.returns, *node.decorator_list]
        elif isinstance(node, ast.Call) and _name(node.func) in _TYPE_CALLS:
            spoken = [*node.args]
        elif isinstance(node, ast.MatchClass):
            spoken = [node.cls]
        for one in spoken:
            if one is not None:
                yield from (id(part) for part in ast.walk(one))


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _resolve(node: ast.AST, names: dict[str, Any]) -> Any:
    """What a dotted name stands for, as far as it is known before anything runs."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        base = _resolve(node.value, names)
        if isinstance(base, (ModuleType, type)):
            return inspect.getattr_static(base, node.attr, None) and getattr(base, node.attr, None)
    return None


def _documented(function: Callable[..., Any]) -> set[type[Problem]]:
    """What the docstring says under `Raises`, where an `errors` module stands for all of it."""
    section = _RAISES.search(function.__doc__ or "")
    if section is None:
        return set()
    text = section.group(1)
    known = _by_name()
    package = function.__module__.partition(".")[0]
    found: set[type[Problem]] = set()
    for names in _NAMED.findall(text):
        found |= {
            one
            for name in names.split(", ")
            for one in known.get(name, ())
            if one.__module__.partition(".")[0] in {package, "chassis"}
        }
    for module in _ERRORS_MODULE.findall(text):
        inside = vars(importlib.import_module(f"{package}.{module}"))
        found |= {
            one
            for one in inside.values()
            if _is_problem(one) and one.__module__ == f"{package}.{module}"
        }
    return found - {Problem}


@functools.cache
def _by_name() -> dict[str, set[type[Problem]]]:
    known: dict[str, set[type[Problem]]] = {}

    def add(base: type[Problem]) -> None:
        for one in base.__subclasses__():
            known.setdefault(one.__name__, set()).add(one)
            add(one)

    add(Problem)
    return known

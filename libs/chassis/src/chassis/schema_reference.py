"""A service's database as a page for people: what `schema.txt` has, and what the SQL says of it.

The words come from where the things are made: the comment above a `CREATE TABLE`, or the sentence
that its migration begins with; the comment that a function's file begins with.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_BLOCK: Final = re.compile(r"\n\n(?=TABLE |VIEW |MATERIALIZED VIEW |SEQUENCE |CREATE OR REPLACE )")
_MADE: Final = re.compile(r"((?:^--[^\n]*\n)*)^CREATE TABLE (?:IF NOT EXISTS )?(\w+)", re.MULTILINE)
_ROUTINE: Final = re.compile(
    r"CREATE OR REPLACE (FUNCTION|PROCEDURE) \w+\.(\w+)\((.*?)\)\n", re.DOTALL
)
_RETURNS: Final = re.compile(r"^ RETURNS (.+)$", re.MULTILINE)
_TRIGGER: Final = re.compile(
    r"CREATE (?:CONSTRAINT )?TRIGGER (\w+) (.+?) ON [\w.]+ (.*)EXECUTE FUNCTION [\w.]*?(\w+)\("
)
_HEAD: Final = re.compile(r"(TABLE|VIEW|MATERIALIZED VIEW|SEQUENCE) (\w+)")
_COLUMN: Final = re.compile(r"^  (?!CONSTRAINT |CREATE |GRANT |POLICY )(\w+) (.+)$")


@dataclass(slots=True)
class _Relation:
    kind: str
    name: str
    columns: list[tuple[str, str]] = field(default_factory=list)
    rules: list[tuple[str, str]] = field(default_factory=list)
    policies: list[tuple[str, str]] = field(default_factory=list)
    triggers: list[tuple[str, str, str]] = field(default_factory=list)
    grants: list[tuple[str, str]] = field(default_factory=list)


def describe_reference(service: str, folder: Path, shared: Iterable[Path] = ()) -> str:
    """The page of one service.

    Args:
        service: Its name.
        folder: Its SQL folder, with `schema.txt`, `migrations` and `functions`.
        shared: Other SQL folders whose tables are in its schema.
    """
    folders = [*shared, folder]
    purposes = _purposes(folders)
    explained = _explained(folders)
    blocks = _BLOCK.split((folder / "schema.txt").read_text(encoding="utf-8"))[1:]
    relations = [_relation(block) for block in blocks if not block.startswith("CREATE OR REPLACE")]
    routines = [block for block in blocks if block.startswith("CREATE OR REPLACE")]
    how = f"Schema `{service}`, generated from its migrations by `localex migrate schema --write`."
    rights = "Who may do what is what was granted; the owner of the schema is no service."
    lines = [
        f"# The database of {service}",
        "",
        f"{how} {rights}",
        "",
        "## Tables and views",
        "",
        ", ".join(f"[{one.name}](#{one.name})" for one in relations if one.kind != "SEQUENCE"),
        "",
    ]
    for one in relations:
        if one.kind != "SEQUENCE":
            lines += _table(one, purposes.get(one.name) or explained.get(one.name, ""))
    lines += ["## Functions", "", "| function | what it is for | who may call it |"]
    lines.append("| --- | --- | --- |")
    lines += [_function(block, explained) for block in routines]
    return "\n".join(lines).rstrip() + "\n"


def _purposes(folders: Iterable[Path]) -> dict[str, str]:
    """What each table is for."""
    found: dict[str, str] = {}
    for path in [path for one in folders for path in sorted((one / "migrations").glob("*.up.sql"))]:
        text = path.read_text(encoding="utf-8")
        sentence = _prose(text.split("\n\n", 1)[0])
        for comment, name in _MADE.findall(text):
            found[name] = _prose(comment) or sentence
    return found


def _explained(folders: Iterable[Path]) -> dict[str, str]:
    """What each function, by the name of its file, is for."""
    return {
        path.stem: _prose(path.read_text(encoding="utf-8").split("\nCREATE", 1)[0])
        for one in folders
        for path in sorted((one / "functions").glob("*.sql"))
    }


def _prose(comment: str) -> str:
    """A comment as a sentence."""
    lines = [line.removeprefix("--").strip() for line in comment.splitlines()]
    return " ".join(line for line in lines if line)


def _relation(block: str) -> _Relation:
    head, *rest = block.splitlines()
    named = _HEAD.match(head)
    if named is None:
        raise ValueError(f"no relation begins with {head!r}")
    kind, name = named.groups()
    one = _Relation(kind, name)
    for line in rest:
        if found := _COLUMN.match(line):
            if kind == "TABLE":
                one.columns.append((found[1], found[2]))
        elif line.startswith("  CONSTRAINT "):
            rule, _, definition = line.removeprefix("  CONSTRAINT ").partition(" ")
            one.rules.append((rule, definition))
        elif line.startswith("  POLICY "):
            policy, _, definition = line.removeprefix("  POLICY ").partition(" ")
            one.policies.append((policy, definition))
        elif found := _TRIGGER.search(line):
            one.triggers.append((found[1], f"{found[2]} {found[3]}".strip().lower(), found[4]))
        elif line.startswith("  GRANT "):
            rights, _, role = line.removeprefix("  GRANT ").rpartition(" TO ")
            one.grants.append((role, rights))
    return one


def _table(one: _Relation, purpose: str) -> list[str]:
    lines = [f"### {one.name}", "", purpose or f"A {one.kind.lower()}.", ""]
    if one.columns:
        lines += ["| column | type |", "| --- | --- |"]
        lines += [f"| `{name}` | {_cell(type_)} |" for name, type_ in one.columns]
        lines.append("")
    lines += [f"- rule `{name}`: `{definition}`" for name, definition in one.rules]
    lines += [f"- policy `{name}`: `{definition}`" for name, definition in one.policies]
    lines += [f"- trigger `{name}`, {when}: `{function}`" for name, when, function in one.triggers]
    lines += [f"- `{role}` may {rights.lower()}" for role, rights in one.grants]
    return [*lines, ""]


def _function(block: str, explained: Mapping[str, str]) -> str:
    found = _ROUTINE.match(block)
    if found is None:
        raise ValueError(f"no function begins with {block[:80]!r}")
    returns = _RETURNS.search(block)
    callers = block.rpartition("\n-- callable by: ")[2] if "\n-- callable by: " in block else ""
    signature = f"{found[2]}({found[3]})" + (f" -> {returns[1]}" if returns else "")
    callers = "whoever may use the schema" if callers == "-" else callers or "its owner"
    return f"| `{_cell(signature)}` | {_cell(explained.get(found[2], ''))} | {callers} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

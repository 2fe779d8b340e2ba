"""Migrations come in pairs, in order, and say why."""

import re
from pathlib import PurePath

import pytest

from tests.tidy import tree

NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.(up|down)\.sql$")
FOLDERS = ("libs/chassis", *(f"services/{service}" for service in tree.SERVICES))
CREATED = re.compile(r"CREATE\s+OR\s+REPLACE\s+(?:FUNCTION|PROCEDURE|VIEW)\s+(\w+)", re.IGNORECASE)


def migration_faults(files: tree.Sources) -> list[str]:
    """What is wrong with one folder of migrations: names, pairs, order, first lines."""
    names = sorted(PurePath(path).name for path in files)
    faults = [
        f"{name}: is no NNNN_name.up.sql or .down.sql" for name in names if not NAME.match(name)
    ]
    stems = {name.removesuffix(".sql").rsplit(".", 1)[0] for name in names if NAME.match(name)}
    faults += [
        f"{stem}.{way}.sql: missing"
        for stem in sorted(stems)
        for way in ("up", "down")
        if f"{stem}.{way}.sql" not in names
    ]
    numbers = sorted(int(stem[:4]) for stem in stems)
    if numbers != list(range(1, len(numbers) + 1)):
        faults.append(f"numbers {numbers} are not 1, 2, 3 ...")
    return faults + unexplained(files)


def unexplained(files: tree.Sources) -> list[str]:
    """SQL files whose first line is no sentence."""
    return [f"{p}: the first line says why" for p, t in files.items() if not t.startswith("-- ")]


def misplaced_functions(files: tree.Sources) -> list[str]:
    """Function files that define another thing than their name, or several."""
    return [
        f"{path}: defines {sorted(set(CREATED.findall(text)))}"
        for path, text in files.items()
        if set(CREATED.findall(text)) != {PurePath(path).stem}
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_migrations_come_in_ordered_pairs(folder: str) -> None:
    """Each step up has its step down, and a sentence that says why."""
    assert migration_faults(tree.sources(".sql", under=f"{folder}/sql/migrations/")) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_file_defines_what_it_is_called(folder: str) -> None:
    """A diff of a function shows what changed in it: one file, one name."""
    functions = tree.sources(".sql", under=f"{folder}/sql/functions/")
    assert misplaced_functions(functions) == []
    assert unexplained(functions) == []


def test_the_migration_checks_can_fail() -> None:
    """A missing way back, a gap, a bad name, a silent file and a misnamed function are found."""
    good = {"0001_a.up.sql": "-- Why.\n", "0001_a.down.sql": "-- Back.\n"}
    assert migration_faults(good) == []
    assert migration_faults({"0001_a.up.sql": "-- Why.\n"})
    assert migration_faults({**good, "0003_b.up.sql": "-- W.\n", "0003_b.down.sql": "-- B.\n"})
    assert migration_faults({**good, "2_b.up.sql": "-- W.\n"})
    assert migration_faults({**good, "0001_a.up.sql": "CREATE TABLE t ();\n"})
    assert misplaced_functions({"f.sql": "-- F.\nCREATE OR REPLACE FUNCTION g() ..."})
    assert misplaced_functions({"f.sql": "-- F.\nCREATE OR REPLACE FUNCTION f() ..."}) == []

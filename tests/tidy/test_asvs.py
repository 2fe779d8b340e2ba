"""The table of OWASP ASVS 5.0 is whole, and what it names is there."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

from tests.tidy import tree

PAGE: Final = "docs/security/asvs.md"
#: The level of each requirement of each section, in the standard's order: 345 in all.
LEVELS: Final[Mapping[str, str]] = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3",
    "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333",
    "6.6": "2223", "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222",
    "10.6": "22", "10.7": "222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23",
    "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}  # fmt: skip
#: How many there are of levels 1, 2 and 3, as the standard counts them.
COUNTS: Final = {1: 70, 2: 183, 3: 92}
STATES: Final = ("met", "n/a", "open")
REASON_MIN: Final = 12
_ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| (\S+) \| (.*) \|$", re.MULTILINE)
_TOTAL = re.compile(r"^\| ([12]) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)
_TEST = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")


class Row(NamedTuple):
    """A requirement as the table has it."""

    number: str
    level: int
    short: str
    state: str
    held_by: str


def wanted() -> dict[str, int]:
    """Numbers of levels 1 and 2, in order, and their levels."""
    return {
        f"{section}.{position}": int(level)
        for section, levels in LEVELS.items()
        for position, level in enumerate(levels, 1)
        if level != "3"
    }


def rows_of(page: str) -> list[Row]:
    """The table's rows."""
    return [Row(number, int(level), *rest) for number, level, *rest in _ROW.findall(page)]


def faults(page: str, tests: Mapping[str, str], roadmap: str) -> list[str]:
    """What is missing, doubled, without evidence, or open in silence."""
    rows = rows_of(page)
    found = [fault for row in rows for fault in faults_of(row, tests, roadmap)]
    if [row.number for row in rows] != list(wanted()):
        there = Counter(row.number for row in rows)
        missing = [number for number in wanted() if number not in there]
        odd = [n for n, count in there.items() if count > 1 or n not in wanted()]
        found.append(f"not each requirement once, in order: missing {missing}, odd {odd}")
    told = {level: [int(one) for one in counts] for level, *counts in _TOTAL.findall(page)}
    for level in ("1", "2"):
        states = Counter(row.state for row in rows if row.level == int(level))
        counted = [*(states[state] for state in STATES), states.total()]
        if told.get(level) != counted:
            found.append(f"level {level}: the counts on top are not {counted}")
    return found


def faults_of(row: Row, tests: Mapping[str, str], roadmap: str) -> list[str]:
    """What is wrong with one row."""
    number = re.escape(row.number)
    checks = (
        (wanted().get(row.number) == row.level, "it is of another level"),
        (row.state in STATES, f"{row.state!r} is no state"),
        (len(row.held_by) >= REASON_MIN, "neither test nor reason"),
        (
            row.state != "open" or re.search(rf"(?<![\d.]){number}(?![\d.]\d)", roadmap),
            "open, and not in the roadmap",
        ),
        *(
            (is_there(tests.get(path, ""), name), f"there is no test {path}::{name}")
            for path, name in _TEST.findall(row.held_by)
        ),
    )
    return [f"{row.number}: {fault}" for well, fault in checks if not well]


def is_there(source: str, name: str) -> bool:
    """Whether a file has a test of this name; without a name, whether it has any."""
    return bool(re.search(rf"^(?:async )?def {name or r'test_'}", source, re.MULTILINE)) and (
        not name or f"def {name}(" in source
    )


def test_the_list_is_the_standards() -> None:
    """As many as the standard has of each level."""
    levels = Counter(int(level) for text in LEVELS.values() for level in text)
    assert dict(levels) == COUNTS
    assert len(wanted()) == COUNTS[1] + COUNTS[2]


def test_the_table_is_whole() -> None:
    """Each requirement is met by what is there, does not apply for a reason, or is told as open."""
    tests = {path: text for path, text in tree.python(tests=True).items() if tree.is_test(path)}
    assert faults(tree.text_of(PAGE), tests, tree.text_of("docs/roadmap.md")) == []


def test_the_check_of_the_table_can_fail() -> None:
    """A row that is gone, doubled, bare, renamed or quietly open is found."""
    page, roadmap = tree.text_of(PAGE), tree.text_of("docs/roadmap.md")
    tests = {path: text for path, text in tree.python(tests=True).items() if tree.is_test(path)}
    first = next(_ROW.finditer(page)).group(0)
    for wrong in (
        page.replace(first + "\n", ""),
        page.replace(first, f"{first}\n{first}"),
        page.replace("| 2.3.1 | 1 |", "| 2.3.1 | 2 |"),
        page.replace(first, "| 1.1.1 | 2 | x | met |  |"),
        page.replace(first, "| 1.1.1 | 2 | x | met | `tests/tidy/test_asvs.py::test_none` |"),
        page.replace(first, "| 1.1.1 | 2 | x | met | `tests/tidy/test_nothing.py` |"),
        page.replace(first, "| 1.1.1 | 2 | x | open | nobody has looked at it |"),
        page.replace(first, "| 1.1.1 | 2 | x | perhaps | nobody has looked at it |"),
    ):
        assert wrong != page
        assert faults(wrong, tests, roadmap) != []

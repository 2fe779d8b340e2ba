"""What the documents tell of start, memory, finding and import is what the kept result says."""

import copy
import json
import re

from bench.system.aims import judge
from bench.system.catalogue import read_told
from bench.system.tables import PAGES, read_result, renewed, tables_of
from tests.tidy import tree

#: Figures of these belong into a table that is written from the result.
TOLD_ONCE = re.compile(
    r"^(?!.*make up)(?=.*(?:warm start|first trade funded|memory in all|after the last row))"
    r"(?=.*\d (?:s|MB|MiB|ms)\b).*",
    re.IGNORECASE | re.MULTILINE,
)
#: A row of the table of `localex bench recovery`: what is killed, median and longest in seconds.
BACK = re.compile(
    r"^\| (?P<part>[\w ]+?) \| (?P<median>[\d.]+) / (?P<longest>[\d.]+) s \|", re.MULTILINE
)
TABLE = re.compile(r"<!-- system: (?!end).*?<!-- system: end -->", re.DOTALL)


def told_elsewhere(pages: tree.Sources) -> list[str]:
    """Lines with such a figure outside of the tables."""
    return [
        f"{page}: {line[0]}"
        for page, text in pages.items()
        for line in TOLD_ONCE.finditer(TABLE.sub("", text))
    ]


def test_every_table_is_what_the_result_says() -> None:
    """`python -m bench.system.tables` writes them."""
    for page, names in PAGES.items():
        text = tree.text_of(page)
        assert tuple(tables_of(text)) == names, page
        assert renewed(text, read_result()) == text, page


def test_the_readme_tells_of_an_import_as_the_command_does() -> None:
    """Whoever reads the command's words reads the kept result out of README's."""
    first = read_result()["import"]["first"]
    told = read_told(" ".join(tree.text_of("README.md").split()))
    assert told == {name: value for name, value in first.items() if name != "command_s"}


def recoveries(result: str) -> dict[str, tuple[float, float]]:
    """Median and longest absence by part, of `localex bench recovery --out`."""
    values = {row["name"]: row["value"] for row in json.loads(result)["rows"]}
    parts = [name.removesuffix(" back, median") for name in values if name.endswith("median")]
    return {p: (values[f"{p} back, median"], values[f"{p} back, longest"]) for p in parts}


def test_how_long_parts_are_away_is_what_the_result_says() -> None:
    """All of it, and nothing else."""
    page = tree.text_of("docs/performance.md")
    told = {
        row["part"]: (float(row["median"]), float(row["longest"])) for row in BACK.finditer(page)
    }
    assert told == recoveries(tree.text_of("bench/results/recovery.json"))


def test_the_figures_are_told_once() -> None:
    """No page tells one beside the tables: two of them would come to disagree."""
    pages = tree.sources(".md", under="docs/") | {"README.md": tree.text_of("README.md")}
    assert told_elsewhere(pages) == []


def test_the_verdicts_are_those_of_the_figures() -> None:
    """The result's aims are what its own figures come to."""
    found = read_result()
    assert [aim.row() for aim in judge(found)] == found["aims"]


def test_the_figures_check_can_fail() -> None:
    """Another result gives other tables and other verdicts; a figure in prose is found."""
    found = read_result()
    changed = copy.deepcopy(found)
    changed["start"]["warm_first_trade_s"] += 20
    changed["memory"]["full"]["parts_mib"]["kafka"] += 1
    changed["latency"]["accepted_to_funded_ms"]["p50"] += 1
    changed["import"]["first"]["stored_s"] += 1
    changed["import"]["second"]["updated"] += 1
    for page in PAGES:
        text = tree.text_of(page)
        assert renewed(text, changed) != text
    held = {aim.name: aim.held for aim in judge(changed)}
    assert not held["warm start to the first trade funded"]
    assert not held["second import: rows changed"]
    assert told_elsewhere({"a.md": "| memory in all | 2,240 MB |"})
    assert told_elsewhere({"a.md": "all found 1.7 s after the last row"})
    assert told_elsewhere({"a.md": "<!-- system: start -->\nmemory in all 2 MB"})
    assert not told_elsewhere(
        {"a.md": "<!-- system: start -->\nmemory in all 2 MB\n<!-- system: end -->"}
    )

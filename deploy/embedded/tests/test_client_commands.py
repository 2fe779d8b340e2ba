"""The commands that play a client, on the running system."""

import asyncio
import json
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from embedded.cli import make_app
from localex_client import LocalEx
from localex_client.market_models import Item
from tests.stack.needs import GROCERIES, needs_groceries
from tests.stack.plugin import System
from tests.tidy import tree

#: What is another one in each run: ids, seconds, and the code of a hand-over.
VARIES: Final = re.compile(r"\b[0-9a-f]{8}\b|\d+\.\d+(?= s\b)|(?<=alone sees: )[\w-]+")


@pytest.fixture(autouse=True)
def operator(system: System, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The operator's log-in, as a person would set it; reports go to a folder of the test's own."""
    email, password = system.operator
    monkeypatch.setenv("GATEWAY_BOOTSTRAP_OPERATOR_EMAIL", email)
    monkeypatch.setenv("GATEWAY_BOOTSTRAP_OPERATOR_PASSWORD", password)
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> None:
    """Run `localex` in this process, as if from a shell."""
    make_app()(list(words), result_action="return_value")


def masked(lines: Sequence[str]) -> list[str]:
    """Lines without what varies, and without white space at their ends."""
    return [VARIES.sub("~", line).rstrip() for line in lines]


def demo_of_the_readme() -> list[str]:
    """The lines that README shows of the demo, as the demo prints them."""
    _, _, rest = tree.text_of("README.md").partition("`.venv/bin/localex demo` plays one")
    block = rest.partition("\n\n")[2].partition("\n\n")[0]
    return [line.removeprefix("    ") for line in block.splitlines()]


def test_the_demo_plays_and_its_figures_are_right(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    """It fails by itself when one is not; its steps are in order, and README shows them."""
    run("demo", "--url", system.gateway)
    told = capsys.readouterr().out
    assert "Every figure is right" in told
    lines = masked(told.splitlines())
    steps = [int(line[:2]) for line in lines if re.match(r"[ \d]\d  \w", line)]
    assert steps == list(range(1, 14))
    shown = masked(demo_of_the_readme())
    assert len(shown) > len("3456789")
    begins = lines.index(shown[0])
    assert lines[begins : begins + len(shown)] == shown


def test_what_varies_in_a_demo_is_masked_and_no_more() -> None:
    """Another amount, another order and a line that is missing are a difference."""
    line = " 7  Ben accepts; 0.21 s later his credits are in escrow (by Kafka)."
    assert masked([line]) == masked([line.replace("0.21", "13.4")])
    assert masked(["Ana lists a bicycle 0e07f5e4 for 80.00 LXC."]) == [
        "Ana lists a bicycle ~ for 80.00 LXC."
    ]
    assert masked(["which he alone sees: DSA-XYF."]) == ["which he alone sees: ~."]
    assert masked(["      Ben  MAIN      100.00 ->    25.00 "]) == [
        "      Ben  MAIN      100.00 ->    25.00"
    ]


def test_an_import_tells_each_refused_row_and_a_repeat_changes_nothing(
    system: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One row is refused here, one by the marketplace; both are in the report."""
    file = tmp_path / f"shop{os.getpid()}.csv"
    file.write_text("sku,title,price\n1,Teapot,12.50\n2,,1\n3,Tray,0\n4,Cup,3\n")
    for outcome in ("2 created, 0 updated, 0 unchanged", "0 created, 0 updated, 2 unchanged"):
        run("import", "items", str(file), "--url", system.gateway)
        told = " ".join(capsys.readouterr().out.split())
        assert f"{outcome}, 2 refused" in told
        report = (tmp_path / f"{file.stem}-import.csv").read_text().splitlines()
        assert [line.split(",")[0] for line in report[1:]] == ["3", "4"]


@pytest.mark.slow
@needs_groceries
def test_the_real_catalogue_loads_and_a_repeat_changes_nothing(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    """15,000 messy rows: one has no title, all others are listings that search finds."""
    run("import", "items", str(GROCERIES), "--url", system.gateway)
    first = " ".join(capsys.readouterr().out.split())
    assert "14999 created, 0 updated, 0 unchanged, 1 refused" in first
    assert "Search finds the 14999 new ones" in first
    run("import", "items", str(GROCERIES), "--url", system.gateway)
    assert "0 created, 0 updated, 14999 unchanged, 1 refused" in capsys.readouterr().out


SHOP_CSV: Final = "sku,title,price,colour\n{mark}-1,Teapot {mark},12.50,blue\n"
SHOP_JSONL: Final = '{"sku": "{mark}-1", "title": "Teapot {mark}", "price": 12.50}\n'
AS_TOML: Final = """
namespace = "mapped"
[fields]
external_ref = "sku"
title = {template = "{title}, {colour}"}
price = {column = "price", scale = "0.1"}
[constants]
asset = "LXC"
neighbourhood = "Old Harbour"
"""
AS_JSON: Final = json.dumps(
    {
        "namespace": "mapped",
        "fields": {
            "external_ref": "sku",
            "title": ["title", "colour"],
            "price": {"column": "price", "scale": "10"},
        },
        "constants": {"asset": "LXC", "neighbourhood": "Old Harbour"},
    }
)
GUESSED: Final = ("field guessed from the columns", "title title", 'asset always "LXC"')
TOLD: Final = ("field from", 'neighbourhood always "Old Harbour"')


async def listed(system: System, mark: str) -> list[Item]:
    """The operator's newest listings, those with a mark in their titles."""
    async with LocalEx(system.gateway) as client:
        await client.log_in(*system.operator)
        return [item for item in (await client.my_items()).items if mark in item.title]


class Imported(NamedTuple):
    """A file with one row, what is told of the mapping, and the listing that comes of it."""

    file: str
    content: str
    mapping: str
    told: tuple[str, ...]
    title: str
    price: str
    neighbourhood: str | None = None


@pytest.mark.parametrize(
    "case",
    [
        Imported("shop.csv", SHOP_CSV, "", GUESSED, "Teapot {mark}", "12.50"),
        Imported("shop.jsonl", SHOP_JSONL, "", GUESSED, "Teapot {mark}", "12.50"),
        Imported(
            "shop.csv", SHOP_CSV, "map.toml", TOLD, "Teapot {mark}, blue", "1.25", "Old Harbour"
        ),
        Imported(
            "shop.csv", SHOP_CSV, "map.json", TOLD, "Teapot {mark} > blue", "125.00", "Old Harbour"
        ),
    ],
    ids=["csv, guessed", "JSON Lines, guessed", "by a TOML file", "by a JSON file"],
)
async def test_a_row_is_listed_as_the_mapping_says(
    system: System, capsys: pytest.CaptureFixture[str], tmp_path: Path, case: Imported
) -> None:
    """Guessed or written down, it is shown before anything is sent, and it is what is listed."""
    mark = secrets.token_hex(4)
    (tmp_path / case.file).write_text(case.content.replace("{mark}", mark))
    (tmp_path / "map.toml").write_text(AS_TOML)
    (tmp_path / "map.json").write_text(AS_JSON)
    options = ("--mapping", case.mapping) if case.mapping else ()
    await asyncio.to_thread(run, "import", "items", case.file, *options, "--url", system.gateway)
    said = " ".join(capsys.readouterr().out.split())
    shown = said.partition(" rows in ")[0]
    assert [words for words in case.told if words not in shown] == []
    assert "1 created, 0 updated, 0 unchanged, 0 refused" in said
    (item,) = await listed(system, mark)
    assert (item.title, item.price) == (case.title.replace("{mark}", mark), case.price)
    assert (item.asset, item.neighbourhood) == ("LXC", case.neighbourhood)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('[fields]\ntitle = "name"', "title: there is no column 'name'; there are sku, title"),
        ('[fields]\ntitle = {template = "{title} by {maker}"}', "there is no column 'maker'"),
        ('[fields]\ntitle = "title"\nprize = "price"', "prize"),
        ('[fields]\ntitle = {column = "title", scale = "-1"}', "scale"),
        ('[fields]\nprice = "price"', "no column is mapped to title"),
        ("[fields", "map.toml: "),
        (None, "map.toml can't be read: No such file or directory"),
    ],
    ids=["column", "template", "field", "scale", "no title", "no TOML", "no file"],
)
async def test_with_a_bad_mapping_nothing_is_listed(
    system: System,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    content: str | None,
    reason: str,
) -> None:
    """One line says what is wrong with it; no row was sent, and there is no report."""
    mark = secrets.token_hex(4)
    (tmp_path / "shop.csv").write_text(SHOP_CSV.replace("{mark}", mark))
    if content is not None:
        (tmp_path / "map.toml").write_text(content)
    before = sorted(tmp_path.iterdir())
    words = ("import", "items", "shop.csv", "--mapping", "map.toml", "--url", system.gateway)
    with pytest.raises(SystemExit) as ended:
        await asyncio.to_thread(run, *words)
    assert ended.value.code == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("localex: ")
    assert reason in line
    assert await listed(system, mark) == []
    assert sorted(tmp_path.iterdir()) == before

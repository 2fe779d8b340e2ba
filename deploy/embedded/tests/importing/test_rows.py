"""From a file to rows: what is read, guessed, refused and named."""

from pathlib import Path

import pytest

from embedded.importing.mapping import BadMapping, Mapping, guess_mapping, read_mapping
from embedded.importing.progress import Progress, Tally
from embedded.importing.reading import Record, Unreadable, columns_of, read_records
from embedded.importing.report import write_report
from embedded.importing.rows import Prepared, Remark, prepare_rows


def prepare(path: Path, mapping: Mapping | None = None) -> Prepared:
    """Read a file and make rows of it."""
    records = read_records(path)
    guessed = mapping or guess_mapping(columns_of(records), namespace="shop", asset="LXC")
    return prepare_rows(records, guessed)


def write(folder: Path, text: str | bytes, name: str = "shop.csv") -> Path:
    """A file."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_catalogue_is_understood_by_its_column_names(tmp_path: Path) -> None:
    """Price, category levels, rating and reference find their fields; the rest is left."""
    text = (
        "index,product,category,sub_category,brand,sale_price,market_price,type,rating\n"
        "7,Hair Oil,Beauty,Hair Care,Nivea,99.5,120,Oil,4.1\n"
        "8,Comb,Beauty,,Nivea,10,,Combs,0\n"
    )
    (_, oil), (line, comb) = prepare(write(tmp_path, text)).rows
    assert oil == {
        "external_ref": "shop:7",
        "title": "Hair Oil",
        "category": "Beauty > Hair Care",
        "brand": "Nivea",
        "price": "99.5",
        "asset": "LXC",
        "item_type": "Oil",
        "rating": "4.1",
        "description": "Oil by Nivea",
    }
    assert line == 3
    assert comb["category"] == "Beauty"
    assert "rating" not in comb


def test_what_a_barter_wants_and_whether_gift_credits_do(tmp_path: Path) -> None:
    """Yes and no in the usual spellings; anything else is refused; a cell goes as it is."""
    text = (
        "id,title,pricing,wanted,accepts_gift_credits,h3_cell\n"
        "1,Cello,barter,A viola,no,8760145b4ffffff\n"
        "2,Cup,gift,,YES,\n"
        "3,Pan,gift,,perhaps,\n"
    )
    prepared = prepare(write(tmp_path, text))
    (_, cello), (_, cup) = prepared.rows
    assert (cello["wanted"], cello["accepts_gift_credits"]) == ("A viola", False)
    assert (cello["pricing"], cello["cell"]) == ("barter", "8760145b4ffffff")
    assert cup["accepts_gift_credits"] is True
    assert [(one.line, one.rule) for one in prepared.remarks] == [(4, "yes_or_no")]


def test_every_bad_record_is_refused_with_its_line_and_rule(tmp_path: Path) -> None:
    """Good neighbours stay good."""
    text = (
        b"id,title,price\n"
        b"1,Good,1\n"
        b"2,,1\n"
        b"3,Dear,a lot\n"
        b'4,"Two\nlines",1\n'
        b"5,Short\n"
        b"6,Long,1,2\n"
        b"7,Caf\xe9,1\n"
        b"1,Again,1\n"
        b"8,Minus,-5\n"
        b"9,Last,\xe2\x82\xb91,299.00\n"
        b'10,Last,"\xe2\x82\xb91,299.00"\n'
    )
    prepared = prepare(write(tmp_path, text))
    refused = [(remark.line, remark.field, remark.rule) for remark in prepared.remarks]
    assert refused == [
        (3, "title", "empty"),
        (4, "price", "number"),
        (7, "row", "columns"),
        (8, "row", "columns"),
        (9, "row", "encoding"),
        (10, "external_ref", "repeated"),
        (11, "price", "number"),
        (12, "row", "columns"),
    ]
    assert [row["external_ref"] for _, row in prepared.rows] == ["shop:1", "shop:4", "shop:10"]
    assert prepared.rows[-1][1]["price"] == "1299"


def test_json_lines_are_read_with_exact_numbers(tmp_path: Path) -> None:
    """A price of 0.1 stays "0.1"; a broken line is refused alone."""
    text = '{"id": 1, "title": "Pen", "price": 0.10}\nnot json\n[1]\n{"id":2,"title":"Ink"}\n'
    prepared = prepare(write(tmp_path, text, "shop.jsonl"))
    assert prepared.rows[0][1]["price"] == "0.1"
    assert [(r.line, r.rule) for r in prepared.remarks] == [(2, "json"), (3, "json")]


def test_without_a_reference_the_content_names_the_record() -> None:
    """The same record has the same name in every run; a twin in the file is told."""
    mapping = guess_mapping(["title"], namespace="", asset="LXC")
    records = [
        Record(2, {"title": "Pen"}),
        Record(3, {"title": "Pen"}),
        Record(4, {"title": "Ink"}),
    ]
    first, again = prepare_rows(records, mapping), prepare_rows(records, mapping)
    assert first.rows == again.rows
    assert [remark.rule for remark in first.remarks] == ["repeated"]


def test_a_mapping_file_says_what_can_not_be_guessed(tmp_path: Path) -> None:
    """Columns, constants, scale, strip, templates."""
    text = """
    namespace = "x"
    [fields]
    title = { template = "{maker} {what}" }
    price = { column = "cents", scale = "0.01" }
    brand = { column = "maker", strip = "*" }
    category = ["a", "b"]
    [constants]
    asset = "LXC"
    condition = "new"
    """
    mapping = read_mapping(write(tmp_path, text, "m.toml"))
    record = Record(2, {"maker": "*Acme*", "what": "Anvil", "cents": "1250", "a": "T", "b": "U"})
    ((_, row),) = prepare_rows([record], mapping).rows
    assert (row["title"], row["price"], row["brand"]) == ("*Acme* Anvil", "12.5", "Acme")
    assert (row["category"], row["condition"]) == ("T > U", "new")


@pytest.mark.parametrize(
    "text",
    ["fields = 1", "[fields]\nfoo = 'x'", "not toml [", "[fields]\nbrand = 'nowhere'\ntitle='t'"],
)
def test_a_bad_mapping_is_told(tmp_path: Path, text: str) -> None:
    """Unknown fields and columns, and files that are none."""
    with pytest.raises(BadMapping):
        read_mapping(write(tmp_path, text, "m.toml")).check(["t"])


@pytest.mark.parametrize("text", ["", "title\n"])
def test_a_file_without_records_is_told(tmp_path: Path, text: str) -> None:
    """Rather than an import of nothing."""
    with pytest.raises(Unreadable):
        read_records(write(tmp_path, text))


def test_a_broken_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Batches that were answered are remembered; a line cut off is not."""
    path = tmp_path / "state"
    remark = Remark(5, "shop:5", "refused", "price", "positive", "is more than zero")
    Progress.open(path, resume=False).settle(0, Tally(created=2, refused=1), [remark])
    with path.open("a") as file:
        file.write('{"batch": 1, "tal')
    again = Progress.open(path, resume=True)
    assert (again.done, again.tally.created, again.remarks) == ({0}, 2, [remark])
    assert Progress.open(path, resume=False).done == set()


def test_a_report_can_be_opened_in_a_spreadsheet(tmp_path: Path) -> None:
    """In order of line, and no cell is a formula."""
    remarks = [
        Remark(9, "", "refused", "row", "json", "x"),
        Remark(2, "=1+1", "cleaned", "a", "b", "c"),
    ]
    assert write_report(tmp_path / "r.csv", remarks) == 2
    lines = (tmp_path / "r.csv").read_text().splitlines()
    assert lines[1].startswith("2,'=1+1,")

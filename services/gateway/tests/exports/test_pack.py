"""The archive: digests, and bounds."""

import io
from datetime import UTC, datetime

import pytest

from gateway.exports import pack
from gateway.exports.describe import describe_archive
from gateway.exports.errors import ExportTooLarge
from gateway.exports.lifecycle import ABOUT, SOURCES, kinds
from gateway.exports.queries import OWN
from gateway.proxy.as_person import Source, page_of
from services.gateway.tests.exports.reading import read_export


def test_what_is_packed_can_be_read_back() -> None:
    """Lines of all kinds, empty files too, with their digests."""
    file = io.BytesIO()
    with pack.Pack(file) as packed:
        with packed.open("items") as lines:
            lines.write([{"title": "Fahrrad, zwölf Gänge\n"}, {"title": "गाय"}])
            lines.write([{"title": "x"}])
        with packed.open("watches"):
            pass
        assert packed.lines() == {"items": 3, "watches": 0}
        with packed.open_picture("a.webp") as picture:
            picture.write_bytes(b"RIFF")
            picture.write_bytes(b"WEBP")
        packed.add_readme(describe_archive(packed.lines(), datetime(2026, 11, 22, tzinfo=UTC)))
        packed.close({"user_id": "me"})
    found = read_export(file.getvalue())
    assert [line["title"] for line in found.lines["items"]] == [
        "Fahrrad, zwölf Gänge\n",
        "गाय",
        "x",
    ]
    assert (found.lines["watches"], found.manifest["user_id"]) == ([], "me")
    assert found.pictures == {"pictures/a.webp": b"RIFFWEBP"}
    assert "2026-11-22" in found.readme
    assert "items.jsonl    what you offer or offered, drafts too (3)\n" in found.readme


@pytest.mark.parametrize("bound", ["LINES_MAX", "BYTES_MAX"])
def test_more_than_a_file_takes_is_refused(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither lines nor bytes grow without end."""
    monkeypatch.setattr(pack, bound, 1)
    with (
        pack.Pack(io.BytesIO()) as packed,
        packed.open("items") as lines,
        pytest.raises(ExportTooLarge),
    ):
        lines.write([{}, {}])


def test_pictures_count_with_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture ends an archive that has grown too large, while it is written."""
    monkeypatch.setattr(pack, "BYTES_MAX", 5)
    with (
        pack.Pack(io.BytesIO()) as packed,
        packed.open_picture("a.webp") as picture,
    ):
        picture.write_bytes(b"ab")
        picture.write_bytes(b"ab")
        with pytest.raises(ExportTooLarge):
            picture.write_bytes(b"ab")


def test_pages_follow_each_other() -> None:
    """By the field that the route tells, whatever it is called."""
    plain = Source("a", "ledger", "/v1/a", "rows")
    numbered = Source("b", "ledger", "/v1/b", "rows", cursor=("after", "next_after"))
    assert page_of(plain, {"rows": [{}], "next_cursor": None}) == ([{}], None)
    assert page_of(plain, {"rows": []}) == ([], None)
    assert page_of(Source("c", "ledger", "/v1/c", ""), {"id": 1}) == ([{"id": 1}], None)
    assert page_of(numbered, {"rows": [{}], "next_after": 7}) == ([{}], "7")


def test_each_file_has_a_name_of_its_own() -> None:
    """No kind is written twice, each is explained, and what belongs to a thing says to which."""
    named = ["profile", *OWN, "looks_at_my_data", *kinds()]
    assert len(named) == len(set(named))
    assert set(ABOUT) == set(named)
    assert all(part.link and "{id}" in part.path for one in SOURCES for part in one.of)

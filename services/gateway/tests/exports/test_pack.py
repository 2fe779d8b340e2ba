"""The archive: digests, and bounds."""

import io

import pytest

from gateway.exports import pack
from gateway.exports.errors import ExportTooLarge
from gateway.exports.lifecycle import SOURCES
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
        packed.close({"user_id": "me"})
    found = read_export(file.getvalue())
    assert [line["title"] for line in found.lines["items"]] == [
        "Fahrrad, zwölf Gänge\n",
        "गाय",
        "x",
    ]
    assert (found.lines["watches"], found.manifest["user_id"]) == ([], "me")


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


def test_pages_follow_each_other() -> None:
    """By the field that the route tells, whatever it is called."""
    plain = Source("a", "ledger", "/v1/a", "rows")
    numbered = Source("b", "ledger", "/v1/b", "rows", cursor=("after", "next_after"))
    assert page_of(plain, {"rows": [{}], "next_cursor": None}) == ([{}], None)
    assert page_of(plain, {"rows": []}) == ([], None)
    assert page_of(numbered, {"rows": [{}], "next_after": 7}) == ([{}], "7")


def test_each_file_has_a_name_of_its_own() -> None:
    """No kind is written twice, and what belongs to a thing says to which."""
    kinds = [kind for one in SOURCES for kind in (one.kind, *(part.kind for part in one.of))]
    assert len(kinds) == len(set(kinds))
    assert all(part.link and "{id}" in part.path for one in SOURCES for part in one.of)

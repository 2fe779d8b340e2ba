"""Statements that are ordered: made by a worker, kept in object storage, fetched by a link."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chassis.ids import new_id
from chassis.task_worker import do_task, forget_over
from ledger.statements import follow
from ledger.statements.orders import make
from ledger.statements.orders.make import KEEP, STATEMENT
from ledger.statements.orders.order import KIND
from services.ledger.tests.books import Books, Person
from services.ledger.tests.conftest import Api, open_api
from services.ledger.tests.statements.reading import adds_up, digest_of, read_paper, read_sheet
from services.ledger.tests.statements.test_files import a_year
from tests.stack.backend import Backend

KINDS = {KIND: STATEMENT}


@pytest.fixture
async def stored(books: Books, s3: Backend, tmp_path: Path) -> AsyncIterator[Api]:
    """The API over the books and object storage."""
    async with open_api(books, tmp_path, s3.settings) as opened:
        yield opened


async def order(api: Api, who: Person, form: str = "csv", **more: Any) -> Any:
    """Order a statement of the year."""
    body = {"form": form, "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"} | more
    answer = await api.post(f"/v1/accounts/{who.main}/statements", who.id, body)
    assert answer.status_code == 202, answer.text
    found = answer.json()
    assert answer.headers["location"] == f"/v1/statements/{found['id']}"
    return found


async def look(api: Api, who: Person, ordered: Any) -> Any:
    """How far it is."""
    answer = await api.get(f"/v1/statements/{ordered['id']}", who.id)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def work(api: Api) -> None:
    """Do all that waits."""
    while await do_task(api.resources, KINDS):
        pass


async def fetch(url: str) -> httpx2.Response:
    """What the link gives, to whoever has it."""
    async with httpx2.AsyncClient() as client:
        return await client.get(url)


async def test_an_ordered_csv_file_is_the_whole_statement(
    books: Books, stored: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made over several pages, fetched without a session, it adds up; progress is told."""
    monkeypatch.setattr(follow, "PAGE", 2)
    ben, _ = await a_year(books)
    ordered = await order(stored, ben)
    assert (ordered["state"], ordered["url"]) == ("WAITING", None)
    await work(stored)
    found = await look(stored, ben, ordered)
    assert (found["state"], found["entries_done"], found["entries"]) == ("DONE", 6, 6)
    answer = await fetch(found["url"])
    named = answer.headers["content-disposition"]
    assert re.fullmatch(r'attachment; filename="statement-[0-9a-f-]+-\d{8}-\d{8}\.csv"', named)
    sheet = read_sheet(answer.content)
    adds_up(sheet)
    assert (sheet.digest, len(sheet.entries)) == (digest_of(sheet), 6)


async def test_an_ordered_pdf_file_says_the_same(books: Books, stored: Api) -> None:
    """The digest is that of the CSV file."""
    ben, _ = await a_year(books)
    ordered = [await order(stored, ben, form) for form in ("csv", "pdf")]
    await work(stored)
    urls = [(await look(stored, ben, one))["url"] for one in ordered]
    sheet, paper = [(await fetch(url)).content for url in urls]
    assert read_sheet(sheet).digest == read_paper(paper).digest


async def test_the_same_order_waits_once(books: Books, stored: Api) -> None:
    """Another key, the same wish: the same statement, as long as it waits."""
    ben, _ = await a_year(books)
    first, again = await order(stored, ben), await order(stored, ben)
    other = await order(stored, ben, "pdf")
    assert first["id"] == again["id"] != other["id"]
    listed = (await stored.get("/v1/statements", ben.id)).json()
    assert [one["id"] for one in listed["statements"]] == [other["id"], first["id"]]


async def test_nobody_else_sees_or_fetches_it(books: Books, stored: Api) -> None:
    """Not even an operator, who may order one of their own."""
    ben, _ = await a_year(books)
    ordered = await order(stored, ben)
    address = f"/v1/statements/{ordered['id']}"
    assert (await stored.get(address, new_id())).status_code == 404
    assert (await stored.get(address, new_id(), "OPERATOR")).status_code == 404


async def test_a_link_that_was_changed_gives_nothing(books: Books, stored: Api) -> None:
    """What is signed is this file, for some minutes."""
    ben, _ = await a_year(books)
    ordered = await order(stored, ben)
    await work(stored)
    found = await look(stored, ben, ordered)
    assert found["url_expires_in_seconds"] == 600
    assert "X-Amz-Expires=600" in found["url"]
    for changed in (found["url"].split("?")[0], found["url"][:-4] + "0000"):
        assert (await fetch(changed)).status_code in (400, 403)


async def test_what_is_too_long_for_a_file_is_given_up_with_a_reason(
    books: Books, stored: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The problem is told to who ordered it."""
    monkeypatch.setattr(make, "SHEET_ENTRIES_MAX", 3)
    ben, _ = await a_year(books)
    ordered = await order(stored, ben)
    await work(stored)
    found = await look(stored, ben, ordered)
    assert (found["state"], found["url"]) == ("DEAD", None)
    assert found["failure"].startswith("statement-too-large: ")


async def test_after_a_week_the_file_is_gone(books: Books, stored: Api) -> None:
    """The order, too."""
    ben, _ = await a_year(books)
    ordered = await order(stored, ben)
    await work(stored)
    url = (await look(stored, ben, ordered))["url"]
    books.clock.move(KEEP + timedelta(seconds=1))
    await forget_over(stored.resources, KINDS)
    assert (await fetch(url)).status_code == 404
    address = f"/v1/statements/{ordered['id']}"
    assert (await stored.get(address, ben.id)).status_code == 404


async def test_while_storage_is_away_the_order_waits(books: Books, api: Api) -> None:
    """Nothing is lost, and nothing is counted against it."""
    ben, _ = await a_year(books)
    ordered = await order(api, ben)
    assert await do_task(api.resources, KINDS)
    assert (await look(api, ben, ordered))["state"] == "WAITING"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"form": "xls"}, "form"),
        ({"month": "2026-11"}, "month"),
        ({"month": "2026-13"}, "month"),
        ({"to": "2026-01-01T00:00:00Z"}, "to"),
        ({"from": "2026-01-01"}, "from"),
        ({"more": "1"}, "more"),
    ],
)
async def test_bad_wishes_name_the_field(api: Api, change: dict[str, str], field: str) -> None:
    """Never a server error, and the field is said."""
    body = {"form": "csv", "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"} | change
    answer = await api.post(f"/v1/accounts/{new_id()}/statements", new_id(), body)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_nobody_orders_a_statement_of_anothers_account(books: Books, api: Api) -> None:
    """Operators do."""
    ben, other = await books.open_person(), await books.open_person()
    body = {"form": "csv", "month": "2026-11"}
    address = f"/v1/accounts/{ben.main}/statements"
    assert (await api.post(address, other.id, body)).status_code == 404
    assert (await api.post(address, other.id, body, role="OPERATOR")).status_code == 202

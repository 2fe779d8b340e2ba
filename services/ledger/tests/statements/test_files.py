"""Statements as files, read back: sums, digests, names, and what is refused."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from chassis.clock import FixedClock
from chassis.ids import new_id
from ledger.journal.models import Movement, Transfer
from ledger.reach import EVERYTHING
from ledger.statements.begin import begin_statement
from ledger.statements.files import router as files
from ledger.statements.follow import follow_statement
from ledger.statements.lifecycle import known_for_ever, month_of
from ledger.statements.models import Period
from ledger.statements.paper import write_paper
from ledger.statements.sheet import write_sheet
from services.ledger.tests.books import NOW, Books, Person
from services.ledger.tests.conftest import Api
from services.ledger.tests.journal.histories import live, over_histories, replay
from services.ledger.tests.statements.reading import (
    adds_up,
    digest_of,
    figures,
    read_paper,
    read_sheet,
)


async def pay(
    books: Books, payer: Person, payee: Person, amount: int, memo: str = "", **other: Any
) -> None:
    """Money from one to the other, with words."""
    moves = (Movement(payer.main, "LXC", -amount), Movement(payee.main, "LXC", amount))
    metadata = {"memo": memo} if memo else {}
    await books.post(Transfer(new_id(), "probe", moves, metadata=metadata, **other))


async def call(books: Books, who: Person, name: str) -> None:
    """Let the ledger know how somebody is called."""
    await books.value("INSERT INTO member VALUES ($1, $2, 1) RETURNING version", who.id, name)


def asked(who: Person, form: str, begins: datetime, ends: datetime, **other: str) -> str:
    """The address of a file."""
    query = {"from": begins.isoformat(), "to": ends.isoformat()} | other
    words = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    return f"/v1/accounts/{who.main}/statement.{form}?{words}"


async def a_year(books: Books) -> tuple[Person, datetime]:
    """Ben, paid by Ana, paying Ana, with words that are hard to show."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    start = books.clock.now()
    await call(books, ana, "=Ana")
    for number, memo in enumerate(("bicycle", "=1+1", 'said "yes", twice', "गाय, Ж", "")):
        books.clock.move(timedelta(hours=1))
        await pay(books, ana, ben, 100 + number, memo)
    books.clock.move(timedelta(hours=1))
    await pay(books, ben, ana, 50, effective_at=start + timedelta(hours=2, minutes=30))
    books.clock.move(timedelta(hours=1))
    return ben, start


async def test_a_csv_file_read_back_adds_up(books: Books, api: Api) -> None:
    """Opening, entries in order of their effect, closing; and the digest is of these figures."""
    ben, start = await a_year(books)
    begins, ends = start + timedelta(hours=2), start + timedelta(hours=9)
    answer = await api.get(asked(ben, "csv", begins, ends), ben.id)
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/csv")
    sheet = read_sheet(answer.content)
    adds_up(sheet)
    assert (sheet.opening["balance"], sheet.closing["balance"]) == ("1.00", "4.60")
    assert [entry["amount"] for entry in sheet.entries] == ["1.01", "-0.50", "1.02", "1.03", "1.04"]
    assert sheet.digest == digest_of(sheet)
    assert sheet.entries[1]["effective_at"] < sheet.entries[1]["posted_at"]


async def test_words_of_others_are_no_formulas(books: Books, api: Api) -> None:
    """Names and memos come back as they were written, and none begins a formula."""
    ben, start = await a_year(books)
    answer = await api.get(asked(ben, "csv", start, start + timedelta(hours=9)), ben.id)
    sheet = read_sheet(answer.content)
    assert {entry["counterparty"] for entry in sheet.entries} == {"'=Ana"}
    memos = ["bicycle", "'=1+1", "", 'said "yes", twice', "गाय, Ж", ""]
    assert [entry["memo"] for entry in sheet.entries] == memos


async def test_a_pdf_file_read_back_adds_up(books: Books, api: Api) -> None:
    """The same figures and the same digest as the CSV file's."""
    ben, start = await a_year(books)
    begins, ends = start + timedelta(hours=2), start + timedelta(hours=9)
    answer = await api.get(asked(ben, "pdf", begins, ends), ben.id)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    paper = read_paper(answer.content)
    running = Decimal("1.00")
    for amount, balance in figures(paper)[:-1]:
        running += amount
        assert balance == running
    assert figures(paper)[-1] == (Decimal("3.60"), Decimal("4.60"))
    assert len(figures(paper)) == 6
    sheet = read_sheet((await api.get(asked(ben, "csv", begins, ends), ben.id)).content)
    assert paper.digest == sheet.digest
    assert "{U+0917}" in paper.text
    assert "{U+0416}" in paper.text


async def test_a_long_pdf_file_has_pages(books: Books, api: Api) -> None:
    """Every entry is on some page, once."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    start = books.clock.now()
    moves = (Movement(ana.main, "LXC", -1), Movement(ben.main, "LXC", 1))
    await books.post(
        *(Transfer(new_id(), "probe", moves, metadata={"memo": "m" * 200}) for _ in range(60))
    )
    books.clock.move(timedelta(hours=1))
    answer = await api.get(asked(ben, "pdf", start, start + timedelta(hours=1)), ben.id)
    paper = read_paper(answer.content)
    assert paper.pages > 3
    assert [balance for _, balance in figures(paper)[:-1]] == [
        Decimal(n) / 100 for n in range(1, 61)
    ]


async def test_the_other_side_is_named_as_far_as_it_is_known(books: Books, api: Api) -> None:
    """The community by its account, one's own by its type, who left as a former member."""
    ben = await books.open_person(1_000)
    gone = await books.open_person()
    start = books.clock.now()
    own = (Movement(ben.main, "LXC", -5), Movement(ben.escrow, "LXC", 5))
    await books.post(Transfer(new_id(), "probe", own))
    await pay(books, ben, gone, 10)
    answer = await api.get(asked(ben, "csv", start, start + timedelta(hours=1)), ben.id)
    assert [entry["counterparty"] for entry in read_sheet(answer.content).entries] == [
        "TRANSIT of the community",
        "own ESCROW account",
        "a former member",
    ]


async def test_only_who_moved_the_other_way_is_named(books: Books, api: Api) -> None:
    """A payee is told of the payer, not of others; of many payees three are named."""
    ana = await books.open_person(1_000)
    others = [await books.open_person() for _ in range(5)]
    for number, other in enumerate(others):
        await call(books, other, f"Member {number}")
    await call(books, ana, "Ana")
    start = books.clock.now()
    moves = (
        Movement(ana.main, "LXC", -50),
        *(Movement(other.main, "LXC", 10) for other in others),
    )
    await books.post(Transfer(new_id(), "probe", moves))
    named = []
    for who in (ana, others[0]):
        answer = await api.get(asked(who, "csv", start, start + timedelta(hours=1)), who.id)
        named.append(read_sheet(answer.content).entries[-1]["counterparty"])
    assert named == ["Member 0; Member 1; Member 2; and others", "Ana"]


async def test_later_entries_change_no_statement_as_it_was_known(books: Books, api: Api) -> None:
    """Asked again with its known time, a statement has the same digest."""
    ben, start = await a_year(books)
    address = asked(ben, "csv", start, start + timedelta(hours=9))
    first = read_sheet((await api.get(address, ben.id)).content)
    ana = await books.open_person(1_000)
    await pay(books, ana, ben, 7, effective_at=start + timedelta(hours=3))
    books.clock.move(timedelta(hours=1))
    known = {"known_at": first.opening["posted_at"]}
    ends = start + timedelta(hours=9)
    again = read_sheet((await api.get(asked(ben, "csv", start, ends, **known), ben.id)).content)
    now = read_sheet((await api.get(address, ben.id)).content)
    assert first.digest == again.digest != now.digest
    assert len(now.entries) == len(first.entries) + 1


async def test_a_month_is_a_range(books: Books, api: Api) -> None:
    """The first moment of the month up to that of the next, in UTC."""
    ben, start = await a_year(books)
    answer = await api.get(f"/v1/accounts/{ben.main}/statement.csv?month={start:%Y-%m}", ben.id)
    sheet = read_sheet(answer.content)
    begins, ends = month_of(f"{start:%Y-%m}")
    assert datetime.fromisoformat(sheet.opening["effective_at"]) == begins
    assert datetime.fromisoformat(sheet.closing["effective_at"]) == ends
    assert month_of("2026-12")[1] == datetime(2027, 1, 1, tzinfo=UTC)


async def test_more_entries_than_one_answer_takes_are_refused(
    books: Books, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The problem says how many, and how to get it all the same."""
    ben, start = await a_year(books)
    for name in ("SHEET_ENTRIES_MAX", "PAPER_ENTRIES_MAX"):
        monkeypatch.setattr(files, name, 5)
    for form in ("csv", "pdf"):
        answer = await api.get(asked(ben, form, start, start + timedelta(hours=9)), ben.id)
        assert (answer.status_code, answer.json()["entries_max"]) == (409, 5)
        assert answer.json()["type"] == "urn:localex:problem:statement-too-large"


async def test_nobody_gets_the_file_of_another(books: Books, api: Api) -> None:
    """Operators do."""
    ben, start = await a_year(books)
    address = asked(ben, "csv", start, start + timedelta(hours=9))
    assert (await api.get(address, new_id())).status_code == 404
    assert (await api.get(address, new_id(), "OPERATOR")).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "from"),
        ("from=2026-11-01T00:00:00Z", "to"),
        ("to=2026-11-01T00:00:00Z", "from"),
        ("from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z", "to"),
        ("month=2026-13", "month"),
        ("month=26-11", "month"),
        ("month=2026-11&to=2026-11-01T00:00:00Z", "month"),
        ("month=2026-11&known_at=x", "known_at"),
    ],
)
async def test_bad_questions_name_the_field(api: Api, query: str, field: str) -> None:
    """Never a server error, and the field is said."""
    answer = await api.get(f"/v1/accounts/{new_id()}/statement.csv?{query}", new_id())
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_nothing_can_come_before_what_is_settled() -> None:
    """The newest entry, or a minute ago, whichever is later; earlier if one asks for that."""
    minute, day = timedelta(minutes=1), timedelta(days=1)
    assert known_for_ever(None, None, NOW) == NOW - minute
    assert known_for_ever(None, NOW - day, NOW) == NOW - minute
    assert known_for_ever(None, NOW, NOW) == NOW
    assert known_for_ever(NOW + day, NOW, NOW) == NOW
    assert known_for_ever(NOW - day, NOW, NOW) == NOW - day


@over_histories(examples=6)
async def test_opening_and_entries_make_closing_whatever_happened(
    books: Books, plans: list[list[tuple[int, int, int | None]]], waits: list[int]
) -> None:
    """Random histories with late entries and reversals, in both forms, as a replay has them."""
    clock: FixedClock = books.clock
    seen = await live(books, plans, waits)
    now = clock.now()
    for number, account in enumerate(seen):
        begins = now - timedelta(hours=number % 7)
        period = Period(begins, begins + timedelta(hours=1 + number % 5), None)
        async with books.transaction() as conn:
            facts = await begin_statement(
                conn, account, period, reach=EVERYTHING, entries_max=100, now=now
            )
        content = b"".join(
            [part async for part in write_sheet(facts, follow_statement(books.database, facts))]
        )
        sheet = read_sheet(content)
        adds_up(sheet)
        assert sheet.digest == digest_of(sheet)
        step = timedelta(microseconds=1)
        for line, at in ((sheet.opening, begins), (sheet.closing, period.ends)):
            wanted = replay(seen[account], account, at - step, facts.known_at)
            assert Decimal(line["balance"]) * 100 == wanted
        if number % 20 == 0:
            paper = read_paper(await write_paper(facts, follow_statement(books.database, facts)))
            assert paper.digest == sheet.digest
            assert len(figures(paper)) == len(sheet.entries) + 1

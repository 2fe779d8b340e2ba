"""Statements over HTTP: opening and entries make closing, late ones in their place."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from chassis.ids import new_id
from ledger.journal.models import Movement, Transfer
from services.ledger.tests.books import Books, Person
from services.ledger.tests.conftest import Api


async def a_day(books: Books) -> tuple[Person, datetime]:
    """Ben: 1.00 at each of 12 hours; in hour 13, 0.10 more for each of them, twice for hour 6."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    start = books.clock.now()

    def to_ben(amount: int, hour: int | None = None) -> Transfer:
        moves = (Movement(ana.main, "LXC", -amount), Movement(ben.main, "LXC", amount))
        at = None if hour is None else start + timedelta(hours=hour)
        return Transfer(new_id(), "probe", moves, effective_at=at)

    for _ in range(12):
        books.clock.move(timedelta(hours=1))
        await books.post(to_ben(100))
    books.clock.move(timedelta(hours=1))
    await books.post(*(to_ben(10, hour) for hour in [*range(1, 13), 6]))
    return ben, start


async def ask(api: Api, who: Person, start: datetime, begins: int, ends: int, **other: Any) -> Any:
    """A statement from one hour to another."""
    wanted = {"from": start + timedelta(hours=begins), "to": start + timedelta(hours=ends)} | other
    query = "&".join(
        f"{k}={quote(v.astimezone(UTC).isoformat()) if isinstance(v, datetime) else v}"
        for k, v in wanted.items()
    )
    answer = await api.get(f"/v1/accounts/{who.main}/statement?{query}", who.id)
    assert answer.status_code == 200, answer.text
    return answer.json()


def adds_up(pages: list[Any]) -> None:
    """Opening and all entries make closing, and each balance follows from the one before."""
    running = Decimal(pages[0]["opening"])
    for page in pages:
        assert Decimal(page["brought_forward"]) == running
        for line in page["entries"]:
            running += Decimal(line["amount"])
            assert Decimal(line["balance"]) == running
        assert Decimal(page["carried_forward"]) == running
    assert running == Decimal(pages[-1]["closing"])


@pytest.mark.parametrize(
    ("begins", "ends", "opening", "closing", "count"),
    [
        (0, 20, "0.00", "13.30", 25),
        (0, 1, "0.00", "0.00", 0),
        (1, 2, "0.00", "1.10", 2),
        (6, 7, "5.50", "6.70", 3),
        (6, 13, "5.50", "13.30", 15),
        (13, 14, "13.30", "13.30", 0),
    ],
)
async def test_opening_and_entries_make_closing(
    books: Books, api: Api, begins: int, ends: int, opening: str, closing: str, count: int
) -> None:
    """By effective date, from the first moment up to and without the last."""
    ben, start = await a_day(books)
    found = await ask(api, ben, start, begins, ends)
    assert (found["opening"], found["closing"]) == (opening, closing)
    assert (len(found["entries"]), found["next_cursor"]) == (count, None)
    adds_up([found])
    times = [(line["effective_at"], line["seq"]) for line in found["entries"]]
    assert times == sorted(times)


async def test_as_it_was_known_then(books: Books, api: Api) -> None:
    """A statement that was read in the evening can be read again, without what came later."""
    ben, start = await a_day(books)
    found = await ask(api, ben, start, 6, 13, known_at=start + timedelta(hours=12, minutes=30))
    assert (found["opening"], found["closing"], len(found["entries"])) == ("5.00", "12.00", 7)
    adds_up([found])


@pytest.mark.parametrize("limit", [1, 2, 7])
async def test_pages_add_up_too(books: Books, api: Api, limit: int) -> None:
    """Each page brings forward what the one before carried, within one moment as well."""
    ben, start = await a_day(books)
    pages = [await ask(api, ben, start, 2, 20, limit=limit)]
    while pages[-1]["next_cursor"]:
        pages.append(
            await ask(api, ben, start, 2, 20, limit=limit, cursor=pages[-1]["next_cursor"])
        )
    adds_up(pages)
    seqs = [line["seq"] for page in pages for line in page["entries"]]
    assert len(seqs) == len(set(seqs)) == 23
    assert {page["closing"] for page in pages} == {"13.30"}


GOOD = {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"from": None}, "from"),
        ({"to": None}, "to"),
        ({"to": GOOD["from"]}, "to"),
        ({"from": "2026-11-01"}, "from"),
        ({"from": "0001-01-01T00:00:00Z"}, "from"),
        ({"known_at": "never"}, "known_at"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "1-1"}, "cursor"),
        ({"cursor": "9" * 16 + "-" + "9" * 18}, "cursor"),
        ({"cursor": "٣-1"}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
    ],
)
async def test_bad_questions_name_the_field(
    api: Api, wrong: dict[str, str | None], field: str
) -> None:
    """Never a server error, and the field is said."""
    query = "&".join(f"{k}={quote(v)}" for k, v in (GOOD | wrong).items() if v is not None)
    answer = await api.get(f"/v1/accounts/{UUID(int=4)}/statement?{query}", new_id())
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]

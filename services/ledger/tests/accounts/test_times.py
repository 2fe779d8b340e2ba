"""Balances and entries at a time over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from chassis.ids import new_id
from ledger.journal.models import Movement, Transfer
from services.ledger.tests.books import Books, Person
from services.ledger.tests.conftest import Api


def text(moment: datetime) -> str:
    """A time as it stands in an address."""
    return quote(moment.astimezone(UTC).isoformat())


async def late(books: Books) -> tuple[Person, datetime]:
    """Ben: 1.00 in hour 1, 2.00 in hour 2, and 4.00 entered in hour 3 for half past one."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    start = books.clock.now()
    for hour, amount, effective in ((1, 100, None), (2, 200, None), (3, 400, 1.5)):
        books.clock.move(start + timedelta(hours=hour) - books.clock.now())
        at = start + timedelta(hours=effective) if effective else None
        moves = (Movement(ana.main, "LXC", -amount), Movement(ben.main, "LXC", amount))
        await books.post(Transfer(new_id(), "probe", moves, effective_at=at))
    return ben, start


async def ask(api: Api, who: Person, path: str, start: datetime, *hours: float | None) -> Any:
    """An answer at an effective and a known hour."""
    names = ("effective_at", "known_at")
    wanted = [
        f"{name}={text(start + timedelta(hours=hour))}"
        for name, hour in zip(names, hours, strict=True)
        if hour is not None
    ]
    answer = await api.get(f"/v1/accounts/{who.main}/{path}?{'&'.join(wanted)}", who.id)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("effective", "known", "balance", "entries"),
    [
        (None, None, "7.00", [3, 2, 1]),
        (1, None, "1.00", [1]),
        (1.5, None, "5.00", [3, 1]),
        (1.5, 2, "1.00", [1]),
        (2, None, "7.00", [3, 2, 1]),
        (2, 2.5, "3.00", [2, 1]),
        (None, 2.5, "3.00", [2, 1]),
        (0, None, "0.00", []),
        (3, 0.5, "0.00", []),
        (99, 99, "7.00", [3, 2, 1]),
    ],
)
async def test_balance_and_entries_agree_at_any_time(
    books: Books,
    api: Api,
    effective: float | None,
    known: float | None,
    balance: str,
    entries: list[int],
) -> None:
    """What was effective by one time, as far as it was known by the other."""
    ben, start = await late(books)
    found = await ask(api, ben, "balance", start, effective, known)
    assert (found["balance"], found["available"], found["held"]) == (balance, balance, "0.00")
    listed = await ask(api, ben, "entries", start, effective, known)
    assert [one["seq"] for one in listed["entries"]] == entries


async def test_entries_at_a_time_come_in_pages(books: Books, api: Api) -> None:
    """One at a time, late ones in their place of posting; none twice, none left out."""
    ben, start = await late(books)
    at = f"effective_at={text(start + timedelta(hours=2))}"
    found, cursor = [], ""
    while True:
        path = f"/v1/accounts/{ben.main}/entries?limit=1&{at}{cursor}"
        page = (await api.get(path, ben.id)).json()
        found += [one["seq"] for one in page["entries"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == [3, 2, 1]


async def test_a_balance_says_for_when_it_is(books: Books, api: Api) -> None:
    """Without times it is for now; an unknown future is as far as is known."""
    ben, start = await late(books)
    now = await ask(api, ben, "balance", start, None, None)
    assert datetime.fromisoformat(now["effective_at"]) == books.clock.now()
    then = await ask(api, ben, "balance", start, 1.5, 2)
    assert datetime.fromisoformat(then["known_at"]) == start + timedelta(hours=2)


@pytest.mark.parametrize("path", ["balance", "entries", "explain", "statement"])
async def test_somebody_elses_past_is_not_there(books: Books, api: Api, path: str) -> None:
    """The same answer as for an account that does not exist; operators see it."""
    ben, start = await late(books)
    period = f"?from={text(start)}&to={text(start + timedelta(days=1))}"
    theirs = await api.get(f"/v1/accounts/{ben.main}/{path}{period}", new_id())
    nobodys = await api.get(f"/v1/accounts/{UUID(int=4)}/{path}{period}", new_id())
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json() == nobodys.json()
    seen = await api.get(f"/v1/accounts/{ben.main}/{path}{period}", new_id(), role="OPERATOR")
    assert seen.status_code == 200


@pytest.mark.parametrize("field", ["effective_at", "known_at"])
@pytest.mark.parametrize(
    "value", ["now", "2026-11-21T12:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", ""]
)
async def test_what_is_no_time_is_named(api: Api, field: str, value: str) -> None:
    """A time has a zone, and lies where every reader can hold it."""
    for path in ("balance", "entries"):
        answer = await api.get(f"/v1/accounts/{UUID(int=4)}/{path}?{field}={value}", new_id())
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] == [field]

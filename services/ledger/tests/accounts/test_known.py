"""What a process remembers of accounts, and how it reads balances for many at once."""

import asyncio
from collections.abc import Iterable
from uuid import UUID, uuid4

import pytest

from chassis.database import Connection
from ledger.accounts import known as module
from ledger.accounts.errors import NoSuchAccount
from ledger.accounts.find_many import Directory, find_accounts
from ledger.accounts.known import KnownAccounts
from ledger.accounts.read_together import BalanceReader
from ledger.reach import EVERYTHING, Reach
from services.ledger.tests.books import Books
from services.ledger.tests.conftest import Api


async def test_an_account_is_asked_for_once(books: Books) -> None:
    """Known afterwards, by id and by owner, even when the database is away."""
    ana = await books.open_person()
    known = KnownAccounts()
    first = await known.find(books.database, [ana.main], [(ana.id, "LXC")])
    away: object = None
    again = await known.find(away, [ana.main], [(ana.id, "LXC")])  # type: ignore[arg-type]
    assert first.accounts[ana.main] == again.accounts[ana.main] == again.mains[ana.id, "LXC"]


async def test_an_unknown_account_is_asked_for_again(books: Books) -> None:
    """It may be opened a moment later."""
    known, stranger = KnownAccounts(), uuid4()
    assert stranger not in (await known.find(books.database, [stranger])).accounts
    ana = await books.open_person()
    assert ana.main in (await known.find(books.database, [ana.main])).accounts


async def test_no_more_are_kept_than_the_limit(books: Books) -> None:
    """The oldest go."""
    people = [await books.open_person() for _ in range(4)]
    known = KnownAccounts(kept_max=3)
    for one in people:
        await known.find(books.database, [one.main])
    away: object = None
    await known.find(away, [one.main for one in people[1:]])  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        await known.find(away, [people[0].main])  # type: ignore[arg-type]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many accounts each statement asked for."""
    counts: list[int] = []

    async def counted(conn: Connection, ids: Iterable[UUID], mains: Iterable[UUID]) -> Directory:
        wanted = list(ids)
        counts.append(len(wanted))
        return await find_accounts(conn, wanted, mains)

    monkeypatch.setattr(module, "find_accounts", counted)
    return counts


async def test_those_who_meet_accounts_at_once_ask_together(books: Books, asked: list[int]) -> None:
    """One statement for what was asked before it began; everybody hears of their own only."""
    people = [await books.open_person() for _ in range(6)]
    known = KnownAccounts()
    found = await asyncio.gather(
        *(known.find(books.database, [one.main], [(one.id, "LXC")]) for one in people)
    )
    assert asked == [6]
    for one, directory in zip(people, found, strict=True):
        assert set(directory.accounts) == {one.main}
        assert set(directory.mains) == {(one.id, "LXC")}


async def test_a_question_has_a_limit(
    books: Books, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks beyond it is in the next."""
    monkeypatch.setattr(module, "TOGETHER_MAX", 2)
    known = KnownAccounts()
    await asyncio.gather(*(known.find(books.database, [uuid4()]) for _ in range(5)))
    assert asked == [2, 2, 1]


async def test_a_question_that_failed_is_asked_again(books: Books) -> None:
    """By the next who want to know; those who waited are told."""
    ana, known = await books.open_person(), KnownAccounts()
    away: object = None
    questions = [known.find(away, [ana.main]) for _ in range(2)]  # type: ignore[arg-type]
    told = await asyncio.gather(*questions, return_exceptions=True)
    assert [type(one) for one in told] == [AttributeError] * 2
    assert ana.main in (await known.find(books.database, [ana.main])).accounts


async def test_who_is_cut_off_takes_no_answer_from_others(books: Books) -> None:
    """The first who asks began the statement; the second still gets it."""
    people, known = [await books.open_person() for _ in range(2)], KnownAccounts()
    first, second = (asyncio.create_task(known.find(books.database, [one.main])) for one in people)
    await asyncio.sleep(0)
    first.cancel()
    assert people[1].main in (await second).accounts
    assert first.cancelled()


async def test_many_who_ask_at_once_get_each_their_own(books: Books) -> None:
    """Different accounts, one twice, somebody else's, none: in two statements at most."""
    people = [await books.open_person(100 * (n + 1)) for n in range(5)]
    reader = BalanceReader(books.database)

    async def read(n: int) -> int:
        return (await reader.read(people[n % 5].main, reach=Reach(people[n % 5].id))).balance_minor

    assert await asyncio.gather(*map(read, range(10))) == [100, 200, 300, 400, 500] * 2
    with pytest.raises(NoSuchAccount):
        await reader.read(people[0].main, reach=Reach(people[1].id))
    with pytest.raises(NoSuchAccount):
        await reader.read(uuid4(), reach=EVERYTHING)


async def test_a_read_is_never_older_than_its_call(books: Books, api: Api) -> None:
    """Read your writes, a hundred times over."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    for n in range(1, 51):
        wish = {
            "from_account": str(ana.main),
            "to_account": str(ben.main),
            "amount": "0.01",
            "asset": "LXC",
        }
        assert (await api.post("/v1/transfers", ana.id, wish)).status_code == 201
        got = (await api.get(f"/v1/accounts/{ben.main}/balance", ben.id)).json()
        assert got["balance"] == f"0.{n:02}"


async def test_both_ways_to_a_balance_answer_alike(books: Books, api: Api) -> None:
    """The express way, and the framework's, which a query forces."""
    ana = await books.open_person(1_234)
    plain = await api.get(f"/v1/accounts/{ana.main}/balance", ana.id)
    other = await api.get(f"/v1/accounts/{ana.main}/balance?x=", ana.id)
    assert plain.json() == other.json()
    assert plain.json()["balance"] == "12.34"
    for who, which in ((uuid4(), ana.main), (ana.id, uuid4())):
        plain = await api.get(f"/v1/accounts/{which}/balance", who)
        other = await api.get(f"/v1/accounts/{which}/balance?x=", who)
        assert (plain.status_code, plain.json()) == (other.status_code, other.json())
        assert plain.status_code == 404

"""Many transfers in one request, and requests that only ask what would be."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from ledger.transfers.bulk import CHUNK_MAX, chunks_of
from ledger.transfers.models import SendBulk
from services.ledger.tests.books import Books, Person
from services.ledger.tests.conftest import Api

BULK = "/v1/transfers/bulk"


def item(source: Person, target: Person, amount: str, **other: Any) -> dict[str, Any]:
    """One wish of a bulk."""
    plain = {"from_account": str(source.main), "to_user": str(target.id)}
    return plain | {"amount": amount, "asset": "LXC"} | other


def bulk(mode: str, *items: dict[str, Any]) -> dict[str, Any]:
    """A bulk."""
    return {"mode": mode, "transfers": list(items)}


def names(results: Sequence[dict[str, Any]]) -> list[str]:
    """What became of each: `posted` or the problem."""
    return [
        one["problem"]["type"].rpartition(":")[2] if one["problem"] else one["status"]
        for one in results
    ]


async def counts(books: Books) -> tuple[int, ...]:
    """Rows of everything that a transfer writes."""
    tables = ("transfer", "entry", "outbox", "refused_attempt", "idempotent_answer", "account")
    return tuple([int(await books.value(f"SELECT count(*) FROM {table}")) for table in tables])


async def test_each_stands_for_itself(own_books: Books, own_api: Api) -> None:
    """A result for each in order; what is refused harms no other, and is recorded."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(10_000), await books.open_person()
    wishes = bulk(
        "independent",
        item(ana, ben, "60.00", ref="a"),
        item(ana, ben, "60.00", ref="b"),
        item(ben, ana, "1.00", ref="c"),
        item(ana, ben, "0.00", ref="d"),
        item(ana, ben, "40.00", ref="e", memo='says "status":"posted"'),
    )
    answer = await api.post(BULK, ana.id, wishes, key="k")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert names(found["results"]) == [
        "posted",
        "insufficient-funds",
        "no-such-account",
        "malformed",
        "posted",
    ]
    assert (found["posted"], found["refused"]) == (2, 3)
    assert [one["ref"] for one in found["results"]] == list("abcde")
    assert [one["index"] for one in found["results"]] == list(range(5))
    seen = await api.get(f"/v1/transfers/{found['results'][4]['transfer_id']}", ben.id)
    assert seen.json()["memo"] == 'says "status":"posted"'
    attempts = await books.rows("SELECT rule FROM refused_attempt")
    assert [row["rule"] for row in attempts] == ["insufficient-funds"]
    again = await api.post(BULK, ana.id, wishes, key="k")
    assert (again.content, again.headers["idempotency-replayed"]) == (answer.content, "true")
    wishes["transfers"][4]["amount"] = "39.00"
    other = await api.post(BULK, ana.id, wishes, key="k")
    assert (other.status_code, other.json()["differs"]) == (409, ["transfers"])
    assert await books.balance(ben.main) == 10_000
    await books.check()


async def test_all_or_none(own_books: Books, own_api: Api) -> None:
    """One refusal refuses the whole bulk and names itself; the same key may be tried again."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(10_000), await books.open_person()
    wishes = bulk("atomic", *(item(ana, ben, "60.00", ref=str(n)) for n in range(3)))
    before = await counts(books)
    answer = await api.post(BULK, ana.id, wishes, key="k")
    assert answer.status_code == 409
    told = answer.json()
    assert told["type"] == "urn:localex:problem:bulk-refused"
    assert [(one["index"], one["ref"]) for one in told["refused"]] == [(1, "1")]
    assert told["refused"][0]["problem"]["short_by"] == "20.00"
    after = await counts(books)
    assert after == (*before[:3], before[3] + 1, *before[4:])
    await books.issue(ana.main, 8_000)
    done = await api.post(BULK, ana.id, wishes, key="k")
    assert (done.status_code, done.json()["posted"]) == (200, 3)
    again = await api.post(BULK, ana.id, wishes, key="k")
    assert again.content == done.content
    assert await books.balance(ben.main) == 18_000
    unknown = bulk("atomic", item(ana, ben, "0.01"), item(ben, ana, "0.01"))
    refused = (await api.post(BULK, ana.id, unknown)).json()["refused"]
    assert [one["index"] for one in refused] == [1]
    await books.check()


async def test_a_group_is_posted_whole_or_not(own_books: Books, own_api: Api) -> None:
    """What a refused group took is there for those after it."""
    books, api = own_books, own_api
    ana, ben, cyd = [await books.open_person(n) for n in (10_000, 0, 0)]
    wishes = bulk(
        "independent",
        item(ana, ben, "10.00", group="rent"),
        item(ana, cyd, "20.00", group="rent"),
        item(ana, ben, "60.00", group="car"),
        item(ana, cyd, "60.00", group="car"),
        item(ana, ben, "70.00"),
        item(ana, ben, "0.01", group="bad"),
        item(cyd, ben, "0.01", group="bad"),
    )
    found = (await api.post(BULK, ana.id, wishes)).json()
    assert names(found["results"]) == [
        "posted",
        "posted",
        "group-refused",
        "insufficient-funds",
        "posted",
        "group-refused",
        "no-such-account",
    ]
    assert [await books.balance(one.main) for one in (ana, ben, cyd)] == [0, 8_000, 2_000]
    await books.check()


@pytest.mark.parametrize("case", ["mode", "none", "ref", "group", "grouped atomic", "many"])
async def test_a_bulk_that_is_none(books: Books, api: Api, case: str) -> None:
    """422, and nothing is tried."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    one = item(ana, ben, "1.00")
    body = {
        "mode": bulk("maybe", one),
        "none": bulk("atomic"),
        "ref": bulk("independent", one | {"ref": "x"}, one | {"ref": "x"}),
        "group": bulk("independent", one | {"group": "x"}, one, one | {"group": "x"}),
        "grouped atomic": bulk("atomic", one | {"group": "x"}),
        "many": bulk("independent", *[one] * 10_001),
    }[case]
    answer = await api.post(BULK, ana.id, body)
    assert answer.status_code == 422, answer.text
    assert await books.balance(ana.main) == 10_000


async def test_a_bulk_has_a_limit_of_its_own(books: Books, api: Api) -> None:
    """Larger than other requests may be, and not larger than four megabytes."""
    ana = await books.open_person()
    for path, size, status in ((BULK, 300_000, 422), (BULK, 4_200_000, 413)):
        answer = await api.post(path, ana.id, b"x" * size)
        assert answer.status_code == status


@pytest.mark.parametrize("mode", ["atomic", "independent"])
async def test_ten_thousand_at_once(own_books: Books, own_api: Api, mode: str) -> None:
    """The most that there can be: all posted, answered again from the key, and the books right."""
    books, api = own_books, own_api
    ana = await books.open_person(10_000)
    people = [await books.open_person() for _ in range(5)]
    wishes = bulk(mode, *(item(ana, people[n % 5], "0.01") for n in range(10_000)))
    answer = await api.post(BULK, ana.id, wishes, key="k")
    assert (answer.status_code, answer.json()["posted"]) == (200, 10_000)
    again = await api.post(BULK, ana.id, wishes, key="k")
    assert again.content == answer.content
    assert [await books.balance(one.main) for one in people] == [2_000] * 5
    assert (await books.check())["transfers"] == 10_001


async def test_an_interrupted_bulk_goes_on_where_it_stopped(own_books: Books, own_api: Api) -> None:
    """The first part was posted before the process ended: it is answered, the rest is posted."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(10_000), await books.open_person()
    wishes = bulk("independent", *(item(ana, ben, "0.01") for _ in range(CHUNK_MAX + 5)))
    whole = await api.post(BULK, ana.id, wishes, key="k")
    async with books.scratch.connect("admin") as conn:
        await conn.execute("DELETE FROM ledger.idempotent_answer WHERE key LIKE 'k_%'")
    again = await api.post(BULK, ana.id, wishes, key="k")
    assert "idempotency-replayed" not in again.headers
    assert again.json()["results"][:CHUNK_MAX] == whole.json()["results"][:CHUNK_MAX]
    # The rest had lost its keys, so it was posted again: that is how one can see it went on.
    assert await books.balance(ben.main) == CHUNK_MAX + 5 + 5
    await books.check()


async def test_bulks_take_turns(own_books: Books, own_api: Api) -> None:
    """Forty at once from one account: each waits for its turn, none for a lock in vain."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(10_000), await books.open_person()
    wishes = bulk("independent", *(item(ana, ben, "0.01") for _ in range(20)))
    # Twenty connections that are opened at once may keep somebody waiting for more than 2 s.
    pool = books.database.pool
    for conn in [await pool.acquire() for _ in range(pool.get_max_size())]:
        await pool.release(conn)
    answers = await asyncio.gather(*(api.post(BULK, ana.id, wishes) for _ in range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert await books.balance(ben.main) == 800
    await books.check()


def test_groups_are_not_parted() -> None:
    """A part ends before a group that would not fit; every wish is in one part."""
    one = {
        "from_account": "0" * 32,
        "to_account": "1" * 32,
        "amount": "1.00",
        "asset": "LXC",
    }
    some = [one] * (CHUNK_MAX - 1) + [one | {"group": "g"}] * 3 + [one] * CHUNK_MAX
    made = list(chunks_of(SendBulk.model_validate(bulk("independent", *some))))
    assert [begin for begin, _ in made] == [0, CHUNK_MAX - 1, 2 * CHUNK_MAX - 1]
    assert sum(len(items) for _, items in made) == len(some)
    whole = list(chunks_of(SendBulk.model_validate(bulk("atomic", *[one] * 9_999))))
    assert [len(items) for _, items in whole] == [9_999]


async def test_a_dry_run_tells_and_writes_nothing(own_books: Books, own_api: Api) -> None:
    """Fees, limits and balances as they would be; not even a refused attempt is kept."""
    books, api = own_books, own_api
    ana, ben = await books.open_person(10_000), await books.open_person(500)
    rules = [{"tier": "PREMIUM", "kind": "percentage", "bps": 250}]
    version = {"operation": "transfer", "rules": rules, "reason": "test"}
    await api.post("/v1/fee-schedules", ben.id, version, role="ADMIN")
    books.clock.move(timedelta(seconds=10))
    api.forget_prices()
    before = await counts(books)
    wish = item(ana, ben, "60.00")
    found = (await api.post("/v1/transfers?dry_run=true", ana.id, wish)).json()
    [result] = found["results"]
    assert (result["status"], result["transfer_id"]) == ("posted", None)
    assert result["fees"] == [{"tier": "PREMIUM", "amount": "1.50"}]
    [balance] = found["balances"]
    assert balance == {
        "account_id": str(ana.main),
        "account_type": "MAIN",
        "asset": "LXC",
        "balance_before": "100.00",
        "balance_after": "40.00",
        "available_after": "40.00",
        "floor": "0.00",
        "ceiling": None,
        "soft_floor": None,
        "below_soft_floor": False,
    }
    dear = (await api.post("/v1/transfers?dry_run=true", ana.id, wish | {"amount": "200"})).json()
    assert names(dear["results"]) == ["insufficient-funds"]
    both = [wish | {"ref": "a"}, wish | {"ref": "b"}]
    for mode, seen, after in (("independent", 1, "40.00"), ("atomic", 0, "100.00")):
        told = (await api.post(f"{BULK}?dry_run=true", ana.id, bulk(mode, *both))).json()
        assert (told["dry_run"], told["posted"]) == (True, seen)
        assert told["balances"][0]["balance_after"] == after
    assert await counts(books) == before
    sent = (await api.post("/v1/transfers", ana.id, wish)).json()
    assert sent["fees"] == result["fees"]
    assert sent["entries"][0]["balance_after"] == balance["balance_after"]

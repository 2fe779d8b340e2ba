"""History of before comes in through the journal: once, in order, bad rows named."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.ids import new_id
from ledger.histories.begin import begin_import
from ledger.histories.bring_in import bring_in_rows
from ledger.histories.errors import NoSuchImport, OtherContent, RowsMissing
from ledger.histories.lifecycle import transfer_id
from ledger.histories.models import BeginImport, HistoryImport, Kind, Raw, Tie
from ledger.histories.read import read_import
from ledger.histories.tie_out import tie_out
from services.ledger.tests.audit.test_verify import audit
from services.ledger.tests.books import COMMUNITY, NOW, Books
from services.ledger.tests.conftest import Api
from services.ledger.tests.transparency.log import keep

THEN = datetime(2021, 5, 1, 12, tzinfo=UTC)


async def begin(
    books: Books, name: str = "old-bank", kind: Kind = "TRANSFERS", content: bytes | None = None
) -> HistoryImport:
    """An import."""
    async with books.transaction() as conn:
        wish = BeginImport(name=name, kind=kind, community=COMMUNITY)
        return await begin_import(conn, wish, content_hash=content, started_by=None, now=NOW)


async def bring_in(
    books: Books, begun: HistoryImport, first: int, *rows: dict[str, Any]
) -> HistoryImport:
    """Rows in a transaction; lines begin behind a header."""
    async with books.transaction() as conn:
        raws = [Raw(number + 1, row) for number, row in enumerate(rows, first)]
        return await bring_in_rows(conn, begun.id, first, raws, now=books.clock.now())


async def refusals(books: Books, begun: HistoryImport) -> list[tuple[int, str | None, str]]:
    """Line, field and rule of what was refused."""
    async with books.database.connection() as conn:
        _, found = await read_import(conn, begun.id, after=0, limit=100)
    return [(one.line, one.field, one.rule) for one in found]


def row(reference: str, source: object, destination: object, **other: object) -> dict[str, Any]:
    """A good row, or one with another field."""
    plain = {
        "reference": reference,
        "effective_at": THEN.isoformat(),
        "from": str(source),
        "to": str(destination),
        "amount": "1.50",
        "asset": "LXC",
    }
    return plain | other


async def test_rows_are_posted_with_the_dates_they_took_effect(own_books: Books) -> None:
    """Effective then, posted now; in the chain, the log and the outbox like any transfer."""
    ana, ben = await own_books.open_person(1_000), await own_books.open_person()
    begun = await begin(own_books)
    after = await bring_in(
        own_books,
        begun,
        1,
        row("a", "system:old-bank", ana.main),
        row("b", f"user:{ana.id}", ben.main, memo="lunch", kind="gift"),
        row("c", ana.main, "system:shop", effective_at=(THEN + timedelta(days=9)).isoformat()),
    )
    assert (after.rows_done, after.posted, after.refused) == (3, 3, 0)
    assert (await own_books.balance(ana.main), await own_books.balance(ben.main)) == (850, 150)
    at = "SELECT get_account_balance($1, $2::timestamptz)"
    assert await own_books.value(at, ana.main, THEN + timedelta(days=1)) == 0
    assert await own_books.value(at, ana.main, THEN + timedelta(days=10)) == -150
    [kept] = await own_books.rows("SELECT * FROM transfer WHERE kind = 'gift'")
    assert kept["effective_at"] == THEN
    assert kept["posted_at"] == NOW
    assert kept["metadata"] == {"import": "old-bank", "reference": "b", "memo": "lunch"}
    await own_books.check()
    await keep(own_books)
    assert (await audit(own_books, 100)).findings == []


async def test_rows_that_the_database_would_refuse_harm_no_others(own_books: Books) -> None:
    """Nobody paid somebody of another community, and credits were not made by history."""
    ana, ben = await own_books.open_person(1_000), await own_books.open_person()
    eve = await own_books.open_person(community="hillside")
    begun = await begin(own_books)
    after = await bring_in(
        own_books,
        begun,
        1,
        row("a", ana.main, eve.main),
        row("b", await own_books.issuance(), ana.main),
        row("c", ana.main, ben.main),
    )
    assert (after.posted, after.refused) == (1, 2)
    assert await refusals(own_books, begun) == [
        (2, "to", "two-communities"),
        (3, "from", "issued-otherwise"),
    ]


async def test_a_repeat_posts_nothing(own_books: Books) -> None:
    """Whole batches, halves of them, and the same references in another file."""
    ana = await own_books.open_person(1_000)
    begun = await begin(own_books)
    rows = [row(f"r{n}", "system:old-bank", ana.main) for n in range(6)]
    for first, part in ((1, rows[:4]), (1, rows[:4]), (3, rows[2:]), (1, rows)):
        after = await bring_in(own_books, begun, first, *part)
    assert (after.rows_done, after.posted, after.refused) == (6, 6, 0)
    assert await own_books.balance(ana.main) == 1_900
    assert await begin(own_books) == after
    await bring_in(own_books, begun, 7, row("r1", "system:old-bank", ana.main, amount="9.00"))
    assert await refusals(own_books, begun) == [(8, "reference", "posted-before")]
    with pytest.raises(RowsMissing, match="row 8 is next"):
        await bring_in(own_books, begun, 9, rows[0])
    with pytest.raises(OtherContent):
        await begin(own_books, content=b"other")
    with pytest.raises(NoSuchImport):
        async with own_books.transaction() as conn:
            await bring_in_rows(conn, new_id(), 1, [], now=NOW)
    await own_books.check()


async def test_bad_rows_are_refused_and_harm_no_other(own_books: Books) -> None:
    """Each with its line, field and rule; the good ones between them are posted."""
    ana = await own_books.open_person()
    good = row("good", "system:old-bank", ana.main)
    bad: list[tuple[dict[str, Any], str | None, str]] = [
        (row("1", "system:x", ana.main, amount="0"), "amount", "amount"),
        (row("2", "system:x", ana.main, amount="1.999"), "amount", "amount"),
        (row("3", "system:x", ana.main, asset="GOLD"), "asset", "known"),
        (row("4", "system:x", ana.main, effective_at="yesterday"), "effective_at", ""),
        (row("5", "system:x", ana.main, effective_at="2021-05-01 12:00"), "effective_at", ""),
        (row("6", "system:x", uuid4()), "to", "no-such-account"),
        (row("7", f"user:{uuid4()}", ana.main), "from", "no-such-account"),
        (row("8", "nobody at all", ana.main), "from", "string_pattern_mismatch"),
        (row("9", ana.main, "system:x", amount="99.00"), None, "insufficient-funds"),
        (row("10", ana.main, ana.main), None, "transfer-malformed"),
        (
            row("11", "system:x", ana.main, effective_at="2030-01-01T00:00:00Z"),
            None,
            "not-yet-effective",
        ),
        (row("12", "system:x", ana.main, kind="escrow.fund"), None, "value_error"),
        (row("13", "system:x", ana.main, colour="red"), "colour", "extra_forbidden"),
        (row("", "system:x", ana.main), "reference", "missing"),
        (row("good", "system:x", ana.main), "reference", "posted-before"),
    ]
    begun = await begin(own_books)
    after = await bring_in(
        own_books, begun, 1, good, *(one for one, _, _ in bad), row("z", "system:x", ana.main)
    )
    assert (after.posted, after.refused) == (2, len(bad))
    found = await refusals(own_books, begun)
    for (line, field, rule), (expected, (_, wanted_field, wanted_rule)) in zip(
        found, enumerate(bad, 3), strict=True
    ):
        assert (line, field) == (expected, wanted_field), (line, field, rule)
        assert wanted_rule in ("", rule), (line, field, rule)
    assert await own_books.balance(ana.main) == 300
    await own_books.check()


async def test_opening_balances_tie_out(own_books: Books) -> None:
    """All of it comes from one account, by asset; who owed pays to it."""
    ana, ben = await own_books.open_person(), await own_books.open_person()
    begun = await begin(own_books, "opening", "OPENING")
    plain = {"asset": "LXC", "effective_at": THEN.isoformat()}
    after = await bring_in(
        own_books,
        begun,
        1,
        {"account": str(ana.main), "amount": "120.00", **plain},
        {"account": f"user:{ben.id}", "amount": "30.00", **plain},
        {"account": "system:old-bank", "amount": "-50.00", **plain},
        {"account": str(ana.main), "amount": "7.00", **plain},
        {"account": str(uuid4()), "amount": "7.00", **plain},
    )
    assert (after.posted, after.refused) == (3, 2)
    async with own_books.database.connection() as conn:
        assert await tie_out(conn, begun.id) == [Tie("LXC", 10_000, 10_000)]
    assert await own_books.balance(ana.main) == 12_000
    await own_books.check()


def test_ids_of_rows_are_always_the_same() -> None:
    """UUIDv7 of the import's beginning; another name or reference is another id."""
    one = transfer_id(NOW, "old-bank", "a")
    assert one == transfer_id(NOW, "old-bank", "a")
    assert one.version == 7
    assert one.variant == UUID(int=0x8 << 60 | 7 << 76).variant
    assert one.int >> 80 == int(NOW.timestamp() * 1000)
    ids = {transfer_id(NOW, name, str(n)) for name in "xy" for n in range(500)}
    assert len(ids) == 1_000


async def test_operators_bring_in_history_over_http(books: Books, api: Api) -> None:
    """Begin, bring in, look; a repeat of the rows changes nothing."""
    ana, operator = await books.open_person(), new_id()
    wish = {"name": f"http-{ana.id}", "community": COMMUNITY}
    begun = await api.post("/v1/history-imports", operator, wish, role="OPERATOR")
    assert begun.status_code == 201, begun.text
    path = f"/v1/history-imports/{begun.json()['id']}"
    rows = [row("a", "system:old-bank", ana.main), row("b", "system:old-bank", uuid4())]
    for _ in range(2):
        answer = await api.client.put(
            f"{path}/rows",
            json={"first": 1, "rows": rows},
            headers={"authorization": f"Bearer {api.token(operator, 'OPERATOR')}"},
        )
        assert answer.status_code == 200, answer.text
        assert (answer.json()["posted"], answer.json()["refused"]) == (1, 1)
        assert answer.json()["refusals"][0]["rule"] == "no-such-account"
    assert (await api.get(path, operator, "OPERATOR")).json()["rows_done"] == 2
    assert await books.balance(ana.main) == 150


@pytest.mark.parametrize("role", ["MEMBER", "VENDOR", "RETAILER"])
async def test_only_operators_bring_in_history(books: Books, api: Api, role: str) -> None:
    """Nobody else begins, feeds or reads an import."""
    somebody = new_id()
    wish = {"name": "mine", "community": COMMUNITY}
    assert (await api.post("/v1/history-imports", somebody, wish, role=role)).status_code == 403
    path = f"/v1/history-imports/{new_id()}"
    assert (await api.get(path, somebody, role)).status_code == 403
    answer = await api.client.put(
        f"{path}/rows",
        json={"first": 1, "rows": [{}]},
        headers={"authorization": f"Bearer {api.token(somebody, role)}"},
    )
    assert answer.status_code == 403

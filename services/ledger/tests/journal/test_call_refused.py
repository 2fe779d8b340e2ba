"""What `post_decided()` is handed wrongly, it does not write: called as the service's own role."""

from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from chassis.columns import SEPARATOR
from chassis.ids import new_id
from ledger.journal import queries
from ledger.journal.heads import Heads
from ledger.journal.models import Movement, Transfer
from services.ledger.tests.books import NOW, Books, Person, transfer
from services.ledger.tests.journal.test_post_decided import WRITTEN, decide


@pytest.fixture
async def pair(books: Books) -> tuple[Person, Person]:
    """Ana with 1.00, and Ben with nothing."""
    return await books.open_person(100), await books.open_person()


@contextmanager
def spoilt(monkeypatch: pytest.MonkeyPatch, field: str, change: Any) -> Any:
    """Entries as a careless or malicious writer would hand them to the function."""
    plain = queries._entries_in_columns
    names = [
        "account",
        "seq",
        "transfer",
        "position",
        "asset",
        "amount",
        "balance",
        "held",
        "effective",
    ]

    def columns(posted: Any) -> list[str]:
        found = plain(posted)
        values = found[names.index(field)].split(SEPARATOR)
        found[names.index(field)] = SEPARATOR.join(change(values))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(queries, "_entries_in_columns", columns)
        yield


@pytest.mark.parametrize(
    ("field", "change", "rule"),
    [
        ("amount", lambda v: [v[0], "6"], "entry_balance_continues_chain"),
        ("balance", lambda v: [v[0], "500"], "entry_balance_continues_chain"),
        ("seq", lambda v: [str(int(v[0]) + 1), v[1]], "entry_continues_chain"),
        ("seq", lambda v: [str(int(v[0]) - 1), v[1]], "entry_pkey"),
        ("held", lambda v: ["1", v[1]], "entry_held_continues_chain"),
        ("asset", lambda v: ["EUR", v[1]], "entry_asset_of_account"),
        ("account", lambda v: [v[0], new_id().hex], "entry_account_exists"),
        ("position", lambda _: ["1", "3"], "entry_position_of_transfer"),
        ("effective", lambda _: [str(NOW - timedelta(days=9))] * 2, "entry_times_of_transfer"),
    ],
)
async def test_the_function_writes_nothing_that_the_rules_refuse(
    books: Books,
    pair: tuple[Person, Person],
    monkeypatch: pytest.MonkeyPatch,
    field: str,
    change: Any,
    rule: str,
) -> None:
    """Called by the service's own role with wrong entries, it meets the same triggers."""
    ana, ben = pair
    before = await books.rows(WRITTEN)
    with (
        spoilt(monkeypatch, field, change),
        pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused,
    ):
        await decide(books, Heads(), transfer(ana.main, ben.main, 5))
    assert refused.value.constraint_name == rule
    assert await books.rows(WRITTEN) == before


async def test_neither_unbalanced_nor_overdrawn(
    books: Books, pair: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the decision wrong, the rules at the statement and at the commit would hold."""
    ana, ben = pair
    movements = (Movement(ana.main, "LXC", -5), Movement(ben.main, "LXC", 6))
    monkeypatch.setattr("ledger.journal.lifecycle._decline_form", lambda *_: None)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await decide(books, Heads(), Transfer(new_id(), "transfer", movements))
    assert refused.value.constraint_name == "transfer_sums_to_zero"
    monkeypatch.setattr("ledger.journal.lifecycle._decline_debit", lambda *_: None)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await decide(books, Heads(), transfer(ana.main, ben.main, 101))
    assert refused.value.constraint_name == "entry_available_not_below_floor"
    assert await books.balance(ben.main) == 0

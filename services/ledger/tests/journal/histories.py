"""Random histories of many accounts at once, with late entries and reversals."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chassis.ids import new_id
from ledger.journal.models import Movement, Posted, Transfer
from services.ledger.tests.books import NOW, Books

HISTORIES = 40
STEPS = 5
#: What one history does at a step: (amount, hours late, which earlier one is reversed, if any).
STEP = st.tuples(st.integers(-3, 3), st.integers(0, 6), st.one_of(st.none(), st.integers(0, 3)))
WAITS = st.lists(st.integers(0, 2), min_size=STEPS, max_size=STEPS)
PLANS = st.lists(
    st.lists(STEP, min_size=STEPS, max_size=STEPS), min_size=HISTORIES, max_size=HISTORIES
)


OPEN = """
INSERT INTO account (id, type, asset, community, name, floor_minor, created_at)
SELECT id, 'TRANSIT', 'LXC', 'time', id::text, NULL, $2 FROM unnest($1::uuid []) AS id
"""


def over_histories(*, examples: int) -> Callable[[Any], Any]:
    """Run a test over that many times `HISTORIES` histories: its `plans` and `waits`."""
    # A failure names one account with its few transfers: no need to make the batch smaller.
    bounds = settings(
        max_examples=examples,
        phases=[Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    return lambda test: bounds(given(plans=PLANS, waits=WAITS)(test))


async def open_accounts(books: Books, count: int) -> list[UUID]:
    """Accounts without a floor."""
    ids = [new_id() for _ in range(count)]
    async with books.transaction() as conn:
        await conn.execute(OPEN, ids, NOW)
    return ids


def wish(
    plan: tuple[int, int, int | None], pair: tuple[UUID, UUID], before: list[Transfer], at: datetime
) -> Transfer | None:
    """What a step wants: money to or fro, some of it late, some of it to reverse an earlier one."""
    amount, late, reverses = plan
    effective = at - timedelta(hours=late)
    if reverses is not None and before:
        original = before[reverses % len(before)]
        if original.reverses or any(one.reverses == original.id for one in before):
            return None
        back = tuple(
            Movement(m.account_id, m.asset, -(m.amount_minor // abs(m.amount_minor)))
            for m in original.movements
        )
        effective = max(effective, original.effective_at or effective)
        return Transfer(new_id(), "reversal", back, effective_at=effective, reverses=original.id)
    if not amount:
        return None
    moves = (Movement(pair[0], "LXC", -amount), Movement(pair[1], "LXC", amount))
    return Transfer(new_id(), "probe", moves, effective_at=effective)


async def live(books: Books, plans: Any, waits: list[int]) -> dict[UUID, list[Posted]]:
    """Let all histories happen side by side, step by step; what each account saw."""
    accounts = await open_accounts(books, 2 * len(plans))
    pairs = list(zip(accounts[::2], accounts[1::2], strict=True))
    done: list[list[Transfer]] = [[] for _ in plans]
    seen: dict[UUID, list[Posted]] = {account: [] for account in accounts}
    for step, wait in enumerate(waits):
        books.clock.move(timedelta(hours=wait))
        wanted = []
        for history, plan in enumerate(plans):
            one = wish(plan[step], pairs[history], done[history], books.clock.now())
            if one:
                done[history].append(one)
                wanted.append(one)
        for verdict in await books.post(*wanted):
            assert isinstance(verdict, Posted), verdict
            for entry in verdict.entries:
                seen[entry.account_id].append(verdict)
    return seen


def replay(seen: list[Posted], account: UUID, effective: datetime, known: datetime) -> int:
    """The balance by adding up everything that counts."""
    return sum(
        entry.amount_minor
        for posted in seen
        if posted.effective_at <= effective and posted.posted_at <= known
        for entry in posted.entries
        if entry.account_id == account
    )

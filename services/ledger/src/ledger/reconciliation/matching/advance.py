"""Do the next page of a run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from contracts.ledger import AccountReconciled
from ledger.reconciliation import queries as items_queries
from ledger.reconciliation.errors import NoStatement
from ledger.reconciliation.find_setup import find_setup
from ledger.reconciliation.matching import queries
from ledger.reconciliation.matching.lifecycle import (
    Pair,
    Phase,
    pair,
    pair_lonely,
    pair_subsets,
    phases_of,
    wanted_of,
)
from ledger.reconciliation.matching.subsets import CANDIDATES_MAX
from ledger.reconciliation.models import Decision, Item, Run, Setup, Wanted
from ledger.reconciliation.summing.sum_up import sum_up

#: Items in one transaction; a search for subsets takes longer for each.
PAGE: Final = 1000
PAGE_OF_SUBSETS: Final = 100
COLLECT_PAGE: Final = 5000

type Page = tuple[list[Pair], bool]


async def advance_run(
    conn: Connection,
    run_id: UUID,
    *,
    new_id: Callable[[], UUID],
    now: datetime,
    page: int = PAGE,
) -> Run | None:
    """Do the next page of an active run, and write where it stands, all in one transaction.

    A crash between two pages loses none and does none twice.

    Args:
        conn: Open transaction; the caller commits.
        run_id: Which run.
        new_id: Makes ids of decisions.
        now: The clock's time.
        page: Items at a time: the memory that it takes.

    Returns:
        The run as it stands; nothing when it does not wait.

    Emits:
        AccountReconciled on `ledger.reconciliation.v1`, when the run is done.
    """
    run = await queries.take_run(conn, run_id)
    if run is None:
        return None
    await items_queries.be_patient(conn)
    await items_queries.lock_account(conn, run.account_id)
    setup = await find_setup(conn, run.account_id, run.setup_version)
    phases = phases_of(setup)
    phase = phases[run.phase]
    if phase.kind == "collect":
        after = await _collect(conn, setup, run, page)
    else:
        after = await _match(conn, setup, phase, run, new_id, now, page)
    after = replace(after, changed_at=now)
    if after.phase == len(phases):
        after = replace(after, state="DONE", phase=len(phases) - 1)
        await _tell(conn, setup, after)
    await queries.update_run(conn, after)
    return after


async def _collect(conn: Connection, setup: Setup, run: Run, page: int) -> Run:
    start = await items_queries.select_start(conn, setup.account_id)
    if start is None:
        raise NoStatement("import a statement first")
    if run.examined == 0:
        run = replace(run, total=await items_queries.count_uncollected(conn, setup.account_id))
    size = max(page, COLLECT_PAGE) if page == PAGE else page
    seen = await items_queries.collect_entries(conn, setup, start[1], size)
    if seen < size:
        await items_queries.learn_items(conn)
        return replace(run, phase=run.phase + 1, cursor=0, examined=0, total=0)
    return replace(run, examined=run.examined + seen)


async def _match(
    conn: Connection,
    setup: Setup,
    phase: Phase,
    run: Run,
    new_id: Callable[[], UUID],
    now: datetime,
    page: int,
) -> Run:
    if run.examined == 0:
        total = await items_queries.count_open(conn, run.account_id, phase.side)
        run = replace(run, total=total)
    size = min(page, PAGE_OF_SUBSETS) if phase.kind == "subset" else page
    items = await items_queries.select_open(conn, run.account_id, phase.side, run.cursor, size)
    pairs, again = await _pairs(conn, setup, phase, items)
    if pairs:
        decisions = [_decision(one, phase, run, new_id()) for one in pairs]
        await items_queries.insert_decisions(conn, run.account_id, decisions, now)
        matched = dict(run.matched)
        matched[phase.name] = matched.get(phase.name, 0) + len(pairs)
        run = replace(run, matched=matched)
    if pairs and again:
        return replace(run, examined=run.examined + len(pairs))
    if len(items) < size:
        return replace(run, phase=run.phase + 1, cursor=0, examined=0, total=0)
    return replace(run, cursor=items[-1].number, examined=run.examined + len(items))


async def _pairs(conn: Connection, setup: Setup, phase: Phase, items: Sequence[Item]) -> Page:
    """What the phase matches on a page, and whether the page is worth another look."""
    account, side = setup.account_id, phase.side
    if phase.kind == "reference":
        sums = await queries.select_sums(conn, account, side, items)
        return _disjoint(items, sums)
    if phase.kind == "subset":
        days = setup.group_days or 0
        parts = await queries.select_parts(conn, account, side, items, days, CANDIDATES_MAX + 1)
        return pair_subsets(items, parts), False
    wanted = wanted_of(phase, items, setup.asset)
    if phase.rule is None or phase.rule.reference != "any":
        return pair(wanted, await queries.select_fitting(conn, account, side, wanted))
    return await _lonely_pairs(conn, account, phase, wanted), False


async def _lonely_pairs(
    conn: Connection, account_id: UUID, phase: Phase, wanted: Sequence[Wanted]
) -> list[Pair]:
    candidates = await queries.select_alike(conn, account_id, phase.side, wanted)
    sample = wanted[0] if wanted else None
    back = [
        Wanted(c.number, None, c.amount_minor, c.booked_on, sample.days, sample.tolerance_minor)
        for c in candidates
        if sample
    ]
    rivals: dict[int, int] = {}
    for rival in await queries.select_alike(conn, account_id, "ENTRY", list({*back})):
        rivals[rival.wanted] = rivals.get(rival.wanted, 0) + 1
    return pair_lonely(wanted, candidates, rivals)


def _disjoint(items: Sequence[Item], sums: Mapping[int, tuple[int, ...]]) -> Page:
    """Of items that share a sum the first one gets it."""
    taken: set[int] = set()
    pairs = []
    for item in items:
        others = sums.get(item.number)
        if others and taken.isdisjoint(others):
            taken.update(others)
            pairs.append(Pair(item.number, others, item.amount_minor, item.amount_minor))
    return pairs, False


def _decision(one: Pair, phase: Phase, run: Run, decision_id: UUID) -> Decision:
    mine, others = (one.one,), one.others
    lines, entries = (mine, others) if phase.side == "LINE" else (others, mine)
    sums = (one.one_minor, one.others_minor)
    lines_minor, entries_minor = sums if phase.side == "LINE" else sums[::-1]
    return Decision(
        decision_id,
        "MATCH",
        phase.name,
        lines,
        entries,
        lines_minor,
        entries_minor,
        tolerance_minor=one.tolerance_minor,
        run_id=run.id,
    )


async def _tell(conn: Connection, setup: Setup, run: Run) -> None:
    summed = await sum_up(conn, setup)
    sums = summed.sums
    await emit(
        conn,
        AccountReconciled(
            account_id=setup.account_id,
            run_id=run.id,
            asset=setup.asset,
            closed_on=summed.statement.closed_on,
            balance_minor=sums.balance_minor,
            closing_minor=sums.closing_minor,
            matched=sum(run.matched.values()),
            unmatched_lines=sums.unmatched_lines[0],
            unmatched_entries=sums.unmatched_entries[0],
            unexplained_minor=sums.unexplained_minor,
        ),
    )

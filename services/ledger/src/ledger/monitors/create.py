"""Begin to watch an account."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.http import amount_problem
from contracts.money import AmountError, parse_amount
from ledger.accounts.read import read_account
from ledger.monitors import queries
from ledger.monitors.errors import NothingToSpendDownTo, TooManyMonitors
from ledger.monitors.lifecycle import figure_of, is_beyond
from ledger.monitors.models import TRENDS, Monitor, WatchBalance
from ledger.reach import Reach


async def create_monitor(
    conn: Connection,
    wish: WatchBalance,
    *,
    monitor_id: UUID,
    owner: UUID,
    reach: Reach,
    most: int,
    now: datetime,
) -> Monitor:
    """Watch a line from where the account stands now: what is beyond it already is not told.

    Args:
        conn: Open transaction; the caller commits.
        wish: What is to be watched.
        monitor_id: UUIDv7, new for this wish.
        owner: Who is told.
        reach: Whose accounts they may watch.
        most: How many lines they may watch at a time.
        now: The clock's time.

    Raises:
        NoSuchAccount: There is none, or it is beyond the reach.
        Malformed: Threshold or hysteresis is no amount of the account's asset.
        NothingToSpendDownTo: A soft limit on an account without a floor.
        TooManyMonitors: They watch as many as they may.
    """
    account = await read_account(conn, wish.account_id, reach=reach)
    if wish.kind == "soft_limit" and account.floor_minor is None:
        raise NothingToSpendDownTo("watch its balance instead: above or below")
    signed = wish.kind in {"above", "below"}
    threshold = _read("threshold", wish.threshold, account.asset, signed=signed)
    hysteresis = _read("hysteresis", wish.hysteresis, account.asset, signed=False)
    if wish.kind in TRENDS and not 0 <= hysteresis < threshold:
        raise amount_problem(
            "threshold", AmountError("of a trend it is above zero and above the hysteresis")
        )
    if await queries.hold_owner(conn, owner) >= most:
        raise TooManyMonitors(f"end one first: {most} at a time", limit=most)
    standing = await queries.select_standing(conn, account.id, now, wish.window_seconds)
    monitor = Monitor(
        monitor_id,
        owner,
        account.id,
        account.asset,
        wish.kind,
        threshold,
        hysteresis,
        wish.window_seconds,
        wish.label,
        beyond=False,
        seen_seq=standing.account_seq,
        crossings=0,
        created_at=now,
        ended_at=None,
    )
    beyond = is_beyond(monitor, figure_of(wish.kind, standing))
    made = replace(monitor, beyond=beyond)
    await queries.insert_monitor(conn, made)
    return made


def _read(field: str, text: str, asset: str, *, signed: bool) -> int:
    """Minor units of a line, which may lie below zero or at it."""
    below = signed and text.startswith("-")
    try:
        minor = parse_amount(text.removeprefix("-") if below else text, asset)
    except AmountError as error:
        raise amount_problem(field, error) from None
    return -minor if below else minor

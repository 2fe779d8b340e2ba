"""How a statement adds up, and how it looks. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from contracts.money import render_amount
from ledger.statements.models import (
    Period,
    Place,
    Side,
    Statement,
    StatementAnswer,
    StatementLine,
)

#: The database's smallest step of time: what is effective before a time is effective by this much
#: earlier.
STEP: Final = timedelta(microseconds=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Nothing is posted that began longer ago: every transaction is shorter.
SETTLED: Final = timedelta(minutes=1)
#: Other sides of one entry that are named.
SIDES_MAX: Final = 3
#: Who has no name here: they left.
FORMER: Final = "a former member"
_MONTHS: Final = 12
_CURSOR: Final = re.compile(r"(?P<micros>[0-9]{1,16})-(?P<seq>[0-9]{1,18})", re.ASCII)


def write_cursor(place: Place) -> str:
    """A place as clients carry it."""
    return f"{(place.effective_at - EPOCH) // STEP}-{place.account_seq}"


def read_cursor(text: str) -> Place | None:
    """The place that a cursor means; nothing when it is none."""
    found = _CURSOR.fullmatch(text)
    return found and Place(EPOCH + int(found["micros"]) * STEP, int(found["seq"]))


def render_statement(statement: Statement, period: Period, now: datetime) -> StatementAnswer:
    """A page as a client sees it, with the running balance beside each entry."""

    def amount(minor: int) -> str:
        return render_amount(minor, statement.asset)

    running = statement.brought_minor
    lines = []
    for line in statement.lines:
        running += line.amount_minor
        lines.append(
            StatementLine(
                seq=line.account_seq,
                transfer_id=line.transfer_id,
                kind=line.kind,
                amount=amount(line.amount_minor),
                balance=amount(running),
                memo=line.metadata.get("memo"),
                effective_at=line.effective_at,
                posted_at=line.posted_at,
            )
        )
    last = statement.lines[-1] if statement.lines else None
    following = Place(last.effective_at, last.account_seq) if last and statement.more else None
    return StatementAnswer(
        account_id=statement.account_id,
        asset=statement.asset,
        begins=period.begins,
        ends=period.ends,
        known_at=period.known_at or now,
        opening=amount(statement.opening_minor),
        brought_forward=amount(statement.brought_minor),
        entries=lines,
        carried_forward=amount(running),
        closing=amount(statement.closing_minor),
        next_cursor=write_cursor(following) if following else None,
    )


def month_of(text: str) -> tuple[datetime, datetime]:
    """From the first moment of a month such as `2026-11` to that of the next, in UTC."""
    year, month = (int(part) for part in text.split("-"))
    following = (year + 1, 1) if month == _MONTHS else (year, month + 1)
    return datetime(year, month, 1, tzinfo=UTC), datetime(*following, 1, tzinfo=UTC)


def known_for_ever(asked: datetime | None, newest: datetime | None, now: datetime) -> datetime:
    """The latest time by which what is known of an account will never change.

    What is being posted at this moment carries a time shortly before now, and is not seen yet. An
    account is posted to in order of time: nothing comes before its newest entry any more.

    Args:
        asked: A statement as it was known then; nothing for the latest.
        newest: When the account's newest entry was posted.
        now: The clock's time.
    """
    settled = now - SETTLED
    latest = max(newest, settled) if newest else settled
    return min(asked, latest) if asked else latest


def name_sides(sides: Sequence[Side]) -> str:
    """The other sides of an entry in words, as its owner may see them."""
    names = [_name_side(side) for side in sides[:SIDES_MAX]]
    if len(sides) > SIDES_MAX:
        names.append("and others")
    return "; ".join(dict.fromkeys(names))


def _name_side(side: Side) -> str:
    if side.is_own:
        return f"own {side.account_type} account"
    if side.owner_id is None:
        return f"{side.account_type} of the community"
    return side.name or FORMER

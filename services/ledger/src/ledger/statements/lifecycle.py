"""How a statement adds up, and how it looks. Pure."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from contracts.money import render_amount
from ledger.statements.models import Period, Place, Statement, StatementAnswer, StatementLine

#: The database's smallest step of time: what is effective before a time is effective by this much
#: earlier.
STEP: Final = timedelta(microseconds=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
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

"""Which period a caller asks for, and what its file is called."""

from typing import Annotated, Final

from fastapi import Query

from chassis.problems import Malformed
from ledger.moments import Moment
from ledger.statements.lifecycle import month_of
from ledger.statements.models import Facts, Period

MONTH: Final = r"^(19[789][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])$"
Month = Annotated[str, Query(pattern=MONTH)]


def choose_period(
    month: Month | None = None,
    begins: Annotated[Moment | None, Query(alias="from")] = None,
    ends: Annotated[Moment | None, Query(alias="to")] = None,
    known_at: Moment | None = None,
) -> Period:
    """A month in UTC, or `from` up to and without `to`.

    Raises:
        Malformed: Neither, both, or the range is empty.
    """
    if month is not None:
        if begins is not None or ends is not None:
            raise _wrong("month", "is not given together with from or to")
        return Period(*month_of(month), known_at)
    if begins is None:
        raise _wrong("from", "is given, with to; or month=2026-11")
    if ends is None or ends <= begins:
        raise _wrong("to", "is later than from")
    return Period(begins, ends, known_at)


def name_of(facts: Facts, form: str) -> str:
    """What a file is called."""
    return f"statement-{facts.account_id}-{facts.begins:%Y%m%d}-{facts.ends:%Y%m%d}.{form}"


def _wrong(field: str, rule: str) -> Malformed:
    return Malformed(
        f"check {field}: it {rule}", errors=[{"field": field, "rule": "period", "message": rule}]
    )

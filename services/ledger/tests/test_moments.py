"""A time is text with a day, a time and a zone, within what every reader can hold."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from ledger.moments import Moment

MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


@pytest.mark.parametrize("text", ["2026-11-21T12:00:00Z", "2026-11-21 14:00:00.000+02:00"])
def test_a_time_with_its_zone_is_taken(text: str) -> None:
    """Whatever the zone, it is kept in UTC."""
    assert MOMENT.validate_python(text) == datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    ["0.5", "1763726400", 1763726400, 0.5, True, "2026-11-21", "2026-11-21T12:00:00", "now", ""],
)
def test_what_is_no_such_text_is_refused(value: Any) -> None:
    """Numbers neither: as text in a query they would be seconds since 1970."""
    with pytest.raises(ValidationError):
        MOMENT.validate_python(value)


@pytest.mark.parametrize("text", ["1969-12-31T23:59:59Z", "2200-01-01T00:00:01Z"])
def test_a_time_out_of_range_is_refused(text: str) -> None:
    """Not every reader could hold it."""
    with pytest.raises(ValidationError):
        MOMENT.validate_python(text)

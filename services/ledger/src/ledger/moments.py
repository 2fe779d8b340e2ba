"""Moments as people send them: with a zone, and in a range that every reader can hold."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_DAY_FIRST: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")


def _as_text(value: Any) -> Any:
    """No number: `0.5` would be taken for half a second after 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DAY_FIRST.match(value)):
        return value
    raise ValueError("a time is written like 2026-11-21T12:00:00Z")


def _in_range(moment: datetime) -> datetime:
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"a time lies from {EARLIEST:%Y} to {LATEST:%Y}")
    return moment.astimezone(UTC)


#: A time with its zone, such as `2026-11-21T12:00:00Z`.
Moment = Annotated[AwareDatetime, BeforeValidator(_as_text), AfterValidator(_in_range)]

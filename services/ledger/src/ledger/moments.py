"""Moments as people send them: with a zone, and in a range that every reader can hold."""

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def _in_range(moment: datetime) -> datetime:
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"a time lies from {EARLIEST:%Y} to {LATEST:%Y}")
    return moment.astimezone(UTC)


#: A time with its zone, such as `2026-11-21T12:00:00Z`.
Moment = Annotated[AwareDatetime, AfterValidator(_in_range)]

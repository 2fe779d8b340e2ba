"""Words of departures."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class DepartureView(BaseModel):
    """What becomes of who leaves. Until `erase_at` a log-in asks whether they stay."""

    model_config = ConfigDict(frozen=True)

    leaving_at: datetime
    erase_at: datetime
    #: Where there is no grace period, all is erased already.
    erased: bool

"""Problems of ratings, in the order in which they are looked for."""

from datetime import datetime

from chassis.problems import Refused


class NotSettled(Refused):
    """Only what came to its end with money is rated."""

    title = "The trade can't be rated"

    def __init__(self, state: str) -> None:
        """Say where the trade is."""
        super().__init__(
            f"the trade is {state}: those that were released or refunded are rated", state=state
        )


class RatedAlready(Refused):
    """Once a side, and for good."""

    title = "You have rated this trade"


class RatingOver(Refused):
    """The time for ratings is over, so that nobody answers what they have read."""

    title = "The time for ratings is over"

    def __init__(self, until: datetime) -> None:
        """Say since when."""
        super().__init__(
            f"the trade could be rated until {until.isoformat()}", until=until.isoformat()
        )

"""Problems of messages."""

from datetime import datetime

from chassis.problems import Refused


class ConversationFull(Refused):
    """A trade has a bounded number of messages."""

    title = "The trade has as many messages as it may have"

    def __init__(self, most: int) -> None:
        """Say how many."""
        super().__init__(f"a trade has at most {most} messages", most=most)


class ConversationOver(Refused):
    """The trade ended a while ago."""

    title = "The conversation is over"

    def __init__(self, ended_at: datetime) -> None:
        """Say since when."""
        super().__init__(
            f"the trade ended at {ended_at.isoformat()}: messages were possible for 14 days",
            ended_at=ended_at.isoformat(),
        )

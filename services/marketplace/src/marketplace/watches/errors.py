"""Problems of watch lists."""

from chassis.problems import Refused


class OwnItemWatched(Refused):
    """One hears of one's own items anyway."""

    title = "The item is your own"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("you are told of your own items without watching them")


class TooManyWatches(Refused):
    """One person watches a limited number of items."""

    title = "You watch as many items as you may"

    def __init__(self, most: int) -> None:
        """Say how many, and what to do."""
        super().__init__(f"{most} at a time: stop watching one first", limit=most)

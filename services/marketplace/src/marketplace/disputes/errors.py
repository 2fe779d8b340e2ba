"""Problems of evidence."""

from chassis.problems import Refused


class NothingDisputed(Refused):
    """Statements are for operators who are asked to decide."""

    title = "The trade is not disputed"

    def __init__(self, state: str) -> None:
        """Say where the trade is."""
        super().__init__(f"the trade is {state}: write a message, or dispute it first", state=state)


class EnoughStated(Refused):
    """A party has a bounded number of statements."""

    title = "You have made as many statements as you may"

    def __init__(self, most: int) -> None:
        """Say how many."""
        super().__init__(f"each party has at most {most} statements", most=most)

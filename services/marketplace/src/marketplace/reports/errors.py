"""Problems of reports."""

from uuid import UUID

from chassis.problems import Forbidden, Refused, TooMany


class OwnItemReported(Refused):
    """Nobody reports themselves."""

    title = "The item is your own"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("withdraw it instead")


class AlreadyReported(Refused):
    """Each person reports an item once."""

    title = "You have reported this item"

    def __init__(self, item_id: UUID) -> None:
        """Name the item."""
        super().__init__(f"operators know your report of item {item_id}", item_id=str(item_id))


class TooManyReports(TooMany):
    """One person reports a limited number of items a day."""

    title = "You have reported as many items as you may today"

    def __init__(self, most: int) -> None:
        """Say how many may be there."""
        super().__init__(
            f"{most} in 24 hours: what is urgent, tell an operator",
            limit=most,
            retry_after_seconds=3600,
        )


class NotYourDecision(Forbidden):
    """Nobody decides on their own item."""

    title = "The item is your own"

    def __init__(self) -> None:
        """Say who can."""
        super().__init__("another operator decides on it")


class NothingToDecide(Refused):
    """The decision would change nothing."""

    title = "There is nothing to decide"

    def __init__(self, decision: str, *, hidden: bool, open_reports: int) -> None:
        """Say how the item stands."""
        stands = "hidden" if hidden else "in sight"
        super().__init__(
            f"the item is {stands} and has {open_reports} open reports: {decision} changes nothing",
            decision=decision,
            hidden=hidden,
            open_reports=open_reports,
        )

"""Problems of trades, in the order in which they are looked for."""

from uuid import UUID

from chassis.problems import Forbidden, Malformed, Missing, Refused


class NoSuchTrade(Missing):
    """There is no such trade, or the caller has no part in it."""

    title = "There is no such trade"

    def __init__(self, trade_id: UUID) -> None:
        """Name it."""
        super().__init__(f"you have no part in a trade {trade_id}")


class IllegalStep(Refused):
    """The trade's state has no such step."""

    title = "The trade is not at that step"

    def __init__(self, action: str, state: str, possible: list[str]) -> None:
        """Say where the trade is and what is possible there."""
        super().__init__(
            f"a trade that is {state} has no step {action}",
            action=action,
            state=state,
            possible=possible,
        )


class NotYourStep(Forbidden):
    """The step is for the other party, or for an operator who has no part in the trade."""

    title = "This step is not yours"

    def __init__(self, action: str, whose: str) -> None:
        """Say whose it is."""
        super().__init__(f"{action} is for the {whose}", action=action, whose=whose)


class OwnItem(Refused):
    """Nobody trades with themselves."""

    title = "The item is your own"


class NotForCredits(Refused):
    """Gifts and barter have no price to offer."""

    title = "The item is not for credits"


class AssetDiffers(Refused):
    """The price is in another asset than the item's."""

    title = "The asset differs"

    def __init__(self, asset: str) -> None:
        """Say which asset it is."""
        super().__init__(f"the price is in {asset}", field="asset", expected=asset)


class AmountNotPositive(Malformed):
    """Nothing is paid with nothing."""

    title = "The amount is zero"

    def __init__(self) -> None:
        """Name the field."""
        super().__init__(
            "check amount: it is more than zero",
            errors=[{"field": "amount", "rule": "positive", "message": "is more than zero"}],
        )

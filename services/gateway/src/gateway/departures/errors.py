"""Problems of leaving."""

from chassis.problems import Refused


class TradesAreOpen(Refused):
    """Somebody waits for the person, or they for somebody."""

    title = "You have open trades"


class MoneyIsLeft(Refused):
    """An account of the person is not empty."""

    title = "There is money on your accounts"

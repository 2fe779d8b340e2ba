"""Problems of policies."""

from chassis.problems import Refused


class AccountNotEmpty(Refused):
    """An account is closed when nothing is in it and nothing is held."""

    title = "The account is not empty"


class AccountAwaited(Refused):
    """A transfer for later names it, or a gift may still return to it."""

    title = "Money is still to come to or to leave the account"


class FloorAboveAvailable(Refused):
    """The account would be below its floor at once."""

    title = "Less is available than the new floor"

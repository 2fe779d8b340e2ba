"""Problems of issuance."""

from chassis.problems import Refused


class IssuanceTooLarge(Refused):
    """One issuance makes at most the limit."""

    title = "One issuance cannot make that much"


class NotAPersonsAccount(Refused):
    """Credits are issued to people."""

    title = "Credits are issued to main accounts of people"

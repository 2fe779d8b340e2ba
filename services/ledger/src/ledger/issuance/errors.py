"""Problems of issuance."""

from chassis.problems import Missing, Refused


class IssuanceTooLarge(Refused):
    """No more is made at once than a community's day has room for."""

    title = "One issuance cannot make that much"


class NotAPersonsAccount(Refused):
    """Credits are issued to people."""

    title = "Credits are issued to main accounts of people"


class NoSuchRequest(Missing):
    """Nobody asked for that."""

    title = "There is no such request to issue credits"


class RequestDecided(Refused):
    """A request is decided once."""

    title = "Somebody has decided before"


class SecondOperator(Refused):
    """Who asks for much does not allow it as well."""

    title = "Another operator has to approve it"

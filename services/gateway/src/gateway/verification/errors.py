"""Problems of codes."""

from chassis.problems import Refused, TooMany


class WrongCode(Refused):
    """The code is wrong, used or over, or was tried too often."""

    title = "The code is wrong or over"


class SentLately(TooMany):
    """A code was sent a short time ago."""

    title = "A code was sent a short time ago"


class IdentityTaken(Refused):
    """Somebody else is known by this; told to whoever has shown that it is theirs."""

    title = "Somebody else logs in with this"


class WrongPassword(Refused):
    """The present password is not this one."""

    title = "The present password is wrong"

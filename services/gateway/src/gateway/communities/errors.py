"""Problems of communities."""

from chassis.problems import Missing, Refused


class CommunityExists(Refused):
    """A slug is given once, for good."""

    title = "There is such a community"


class NoSuchCommunity(Missing):
    """Nobody has opened it."""

    title = "There is no such community"


class CommunityIsSo(Refused):
    """It is open, or closed, already."""

    title = "The community is in that state"

"""Problems of monitors."""

from chassis.problems import Missing, Refused


class NoSuchMonitor(Missing):
    """There is no such monitor, or it is somebody else's."""

    title = "There is no such monitor"


class TooManyMonitors(Refused):
    """One person watches a limited number of lines at a time."""

    title = "You have as many monitors as you may"


class NothingToSpendDownTo(Refused):
    """An account without a floor has no limit that could come near."""

    title = "The account has no floor"

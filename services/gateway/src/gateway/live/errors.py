"""Problems of live events."""

from chassis.problems import TooMany


class TooManyStreams(TooMany):
    """This person has as many streams open here as is allowed."""

    title = "Too many streams are open"

"""Problems of browsers."""

from chassis.problems import Forbidden


class ForeignPage(Forbidden):
    """A page of somebody else asked in the name of a browser's session."""

    title = "This page may not ask"

"""Problems of an audit."""

from chassis.problems import Refused


class JournalWrong(Refused):
    """From a journal that is wrong itself, nothing is derived."""

    title = "The journal itself is wrong"

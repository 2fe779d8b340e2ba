"""Problems of statements."""

from chassis.problems import Refused


class StatementTooLarge(Refused):
    """The period has more entries than one answer takes."""

    title = "The statement is too large for one answer"

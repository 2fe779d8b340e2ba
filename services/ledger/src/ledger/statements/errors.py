"""Problems of statements."""

from chassis.problems import Missing, Refused


class StatementTooLarge(Refused):
    """The period has more entries than one answer takes."""

    title = "The statement is too large for one answer"


class NoSuchStatement(Missing):
    """There is no such statement among those that the caller ordered."""

    title = "There is no such statement"

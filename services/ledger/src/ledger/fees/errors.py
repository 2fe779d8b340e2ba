"""Problems of fees."""

from chassis.problems import Missing, Refused


class NoSuchQuote(Missing):
    """There is no such quote, or it was given to somebody else."""

    title = "There is no such quote"


class QuoteExpired(Refused):
    """The promise of the quote is over."""

    title = "The quote has expired"


class QuoteDiffers(Refused):
    """The quote was given for another operation, amount, asset or community."""

    title = "The quote is for something else"


class ScheduleInThePast(Refused):
    """A new version takes effect later than now."""

    title = "A schedule cannot take effect in the past"


class ScheduleExists(Refused):
    """There is a version for this scope and time; versions are never edited."""

    title = "There is a schedule for this scope and time"

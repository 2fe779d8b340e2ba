"""What can go wrong with proofs, and what closes the log."""

from chassis.problems import Missing, Problem, Refused


class NotYetSigned(Refused):
    """The transfer is posted, and no signed checkpoint covers it yet."""

    title = "No signed checkpoint covers this transfer yet"

    def headers(self) -> dict[str, str]:
        """Checkpoints are signed every second."""
        return {"Retry-After": "1"}


class NoSuchCheckpoint(Missing):
    """No checkpoint of this size was signed."""

    title = "No such checkpoint was signed"


class NoSuchGrowth(Refused):
    """The log did not grow from a larger one."""

    title = "A log grows from smaller to larger"


class HistoryAltered(Problem):
    """What the books say of a transfer is not what was signed."""

    status = 500
    title = "The books do not say what was signed"


class LogClosed(Exception):
    """Signing would tell a second history; the message says what was found."""

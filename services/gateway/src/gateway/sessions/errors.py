"""Problems of sessions."""

from chassis.problems import TooMany, Unauthenticated


class WrongCredentials(Unauthenticated):
    """E-mail or password is wrong; it is not told which."""

    title = "E-mail or password is wrong"


class TooManyAttempts(TooMany):
    """Too many log-ins failed for this e-mail from this address."""

    title = "Too many log-ins failed"

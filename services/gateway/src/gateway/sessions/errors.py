"""Problems of sessions."""

from chassis.problems import Forbidden, Missing, TooMany, Unauthenticated


class WrongCredentials(Unauthenticated):
    """E-mail, phone or password is wrong; it is not told which."""

    title = "E-mail or password is wrong"


class TooManyAttempts(TooMany):
    """Too many attempts failed, for this account or from this address."""

    title = "Too many attempts failed"


class NoSuchSession(Missing):
    """The caller has no open session with this id."""

    title = "You have no such session"


class StepUpNeeded(Forbidden):
    """Whoever holds the session has not shown lately who they are."""

    title = "Show again that it is you"


class ProgramsMayNot(Forbidden):
    """This is for people, or the program's scopes do not have it."""

    title = "A program may not do this"

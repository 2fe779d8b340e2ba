"""Problems of second factors."""

from chassis.problems import Malformed, Missing, Refused, Unauthenticated


class SecondFactorNeeded(Unauthenticated):
    """The password is right, and not enough: `challenge` is to be answered."""

    title = "Show your second factor"


class YouAreLeaving(Refused):
    """Who logs in has left, and may think again: `challenge` is to be confirmed."""

    title = "You have left"


class WrongSecondFactor(Unauthenticated):
    """Code, recovery code or passkey is wrong, was used, or the challenge is over."""

    title = "The second factor is wrong"


class AlreadyEnrolled(Refused):
    """The person has this already."""

    title = "You have this already"


class NotEnrolled(Missing):
    """The person has no such second factor."""

    title = "You have no such second factor"


class PasskeyRefused(Malformed):
    """What the authenticator said does not fit what it was asked."""

    title = "The passkey does not fit"


class TooManyPasskeys(Refused):
    """There is a limit."""

    title = "You have as many passkeys as can be"

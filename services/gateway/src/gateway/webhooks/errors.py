"""Problems of webhooks."""

from chassis.problems import Malformed, Missing, Refused, Unauthenticated


class UnsafeUrl(Malformed):
    """The URL may not be called."""

    title = "This URL may not be called"


class TooManyEndpoints(Refused):
    """A person has enough endpoints."""

    title = "There are enough endpoints"


class NoSuchEndpoint(Missing):
    """There is no such endpoint of this person."""

    title = "There is no such endpoint"


class NoSuchDelivery(Missing):
    """There is no such delivery to this person's endpoints."""

    title = "There is no such delivery"


class NoSuchSource(Missing):
    """Nobody was given a secret under this name."""

    title = "There is no such source"


class WrongSignature(Unauthenticated):
    """The message is not signed with a secret of its source, or not of now."""

    title = "The signature does not hold"

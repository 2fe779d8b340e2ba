"""Problems of keys."""

from collections.abc import Sequence

from chassis.problems import Missing, Refused, Unauthenticated


class NoSuchKey(Missing):
    """The person has no open key with this id."""

    title = "You have no such key"


class TooManyKeys(Refused):
    """There is a limit."""

    title = "You have as many keys as can be"


class KeyRotated(Refused):
    """The key has a successor."""

    title = "The key was rotated before"


class RefreshRefused(Unauthenticated):
    """The refresh token is unknown, over or used; a used one has ended its whole family."""

    title = "The refresh token is worth nothing"
    #: Hashes of session tokens that ended with it, for the cache.
    ended: Sequence[bytes] = ()

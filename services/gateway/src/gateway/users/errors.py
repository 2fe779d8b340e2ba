"""Problems of users."""

from typing import Self

from chassis.problems import Malformed, Missing, Refused


class EmailTaken(Refused):
    """Somebody is registered with this e-mail."""

    title = "This e-mail can't be registered"


class CommunityNotOpen(Refused):
    """People join communities that are open."""

    title = "Nobody can join this community"


class LastAdmin(Refused):
    """Without this person nobody could give roles."""

    title = "The last administrator stays"


class NothingChanges(Refused):
    """The person has these roles."""

    title = "The person has these roles"


class NoSuchUser(Missing):
    """Nobody has this id."""

    title = "There is no such person"


class WeakPassword(Malformed):
    """The password is easy to guess."""

    title = "The password is easy to guess"

    @classmethod
    def because(cls, fault: str) -> Self:
        """Name the field, and why."""
        error = {"field": "password", "rule": "guessable", "message": fault}
        return cls(f"check password: {fault}", errors=[error])

"""Problems of notifications."""

from chassis.problems import Malformed, Missing, Refused


class NoSuchNotification(Missing):
    """There is none of this person with such an id."""

    title = "There is no such notification"


class NoSuchLink(Missing):
    """The token of an unsubscribe link is not one that we signed, or its person has left."""

    title = "This link is not ours"


class UnknownKind(Malformed):
    """A preference names a kind that does not exist; `errors` names it."""

    title = "There is no such kind of notification"


class SecurityIsAlwaysTold(Malformed):
    """What concerns the safety of an account can't be switched off."""

    title = "This can't be switched off"


class NoSuchMail(Missing):
    """There is no mail with this id that is dead."""

    title = "There is no such mail"


class NobodyToTell(Refused):
    """The person has left."""

    title = "They have left"

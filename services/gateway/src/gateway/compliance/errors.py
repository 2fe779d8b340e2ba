"""Problems of compliance."""

from chassis.problems import Forbidden, Missing, Refused


class NoSuchPerson(Missing):
    """Nobody has this id."""

    title = "There is no such person"


class NoSuchCheck(Missing):
    """The person was never checked for this."""

    title = "There is no such check"


class NoSuchOverride(Missing):
    """Nobody asked for it."""

    title = "There is no such override"


class OverrideOpen(Refused):
    """One waits for its decision already."""

    title = "An override of this check waits already"


class OverrideDecided(Refused):
    """It was approved or rejected before."""

    title = "The override is decided"


class SecondPersonNeeded(Forbidden):
    """Whoever asks does not decide, and nobody decides about themselves."""

    title = "Somebody else has to do this"

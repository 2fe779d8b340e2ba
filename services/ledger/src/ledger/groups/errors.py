"""Problems of groups."""

from chassis.problems import Forbidden, Missing, Refused


class NoSuchGroup(Missing):
    """There is no such group, or it is somebody else's."""

    title = "There is no such group"


class GroupFull(Refused):
    """A group has at most 10,000 accounts at a time."""

    title = "The group is full"


class TooManyGroups(Refused):
    """A person has at most 1,000 groups."""

    title = "There are too many groups"


class OthersInGroup(Forbidden):
    """Somebody else's account is in the group: only operators look at it."""

    title = "Somebody else's account is in the group"

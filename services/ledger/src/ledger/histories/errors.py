"""Problems of bringing in history."""

from chassis.problems import Missing, Refused


class NoSuchImport(Missing):
    """There is no such import."""

    title = "There is no such import"


class OtherContent(Refused):
    """The name belongs to an import of another file or kind."""

    title = "This import was begun with something else"


class RowsMissing(Refused):
    """Rows come in order: those before these were not brought in yet."""

    title = "Rows are missing before these"


class PostedBefore(Refused):
    """A reference is posted once in an import."""

    title = "The reference was posted before"


class TwoCommunities(Refused):
    """People's money stays in their community, in what happened before, too."""

    title = "The two are of different communities"

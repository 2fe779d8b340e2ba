"""Problems of exports."""

from chassis.problems import Missing, Refused


class NoSuchExport(Missing):
    """There is no such export of the caller's."""

    title = "There is no such export"


class ExportTooLarge(Refused):
    """More is kept of the person than a file takes."""

    title = "The export is too large for one file"

"""Problems of transfers for later."""

from chassis.problems import Missing, Refused


class ScheduledTooFar(Refused):
    """The transfer would take effect later than may be asked for."""

    title = "The transfer lies too far ahead"


class TooManyScheduled(Refused):
    """As many transfers wait as one person may have waiting."""

    title = "Too many transfers wait for their time"


class NoSuchScheduledTransfer(Missing):
    """There is no such transfer for later, or it is somebody else's."""

    title = "There is no such scheduled transfer"


class ScheduledOver(Refused):
    """It was carried out, has failed or was called off: the first of these won."""

    title = "The scheduled transfer is over"

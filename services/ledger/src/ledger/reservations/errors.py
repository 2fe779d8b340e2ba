"""Problems of reservations."""

from chassis.problems import Missing, Refused


class NoSuchReservation(Missing):
    """There is no such reservation, or it is somebody else's."""

    title = "There is no such reservation"


class ReservationOver(Refused):
    """It was captured, released or has expired: the first of these won."""

    title = "The reservation is over"


class ReservationDue(Refused):
    """Its time is over, although it has not been expired yet."""

    title = "The reservation's time is over"


class NotSoMuchReserved(Refused):
    """Less is left of the reservation than would be captured."""

    title = "Less is left of the reservation"


class OtherPayee(Refused):
    """It was reserved for another account, or for none, and none is named."""

    title = "The reservation is for another account"


class CannotBeReserved(Refused):
    """People reserve money of their main accounts, for other main accounts."""

    title = "Money is reserved in and for main accounts"

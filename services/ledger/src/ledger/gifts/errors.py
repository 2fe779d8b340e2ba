"""Problems of gifts."""

from chassis.problems import Missing, Refused


class NoSuchGift(Missing):
    """There is no such gift, or it is neither to nor from the caller."""

    title = "There is no such gift"


class NotForGifts(Refused):
    """Gifts go from a MAIN account to a GIFT account, and from there to a MAIN account."""

    title = "The account is not for this side of a gift"


class GiftToOneself(Refused):
    """Credits of one's own stay where they can be spent on anything."""

    title = "The gift would be for its giver"


class GiftsNotAccepted(Refused):
    """Gift credits are spent only where an operator has let them be accepted."""

    title = "The account does not accept gift credits"


class NotEnoughGifts(Refused):
    """Less is left of the gifts that can still be spent."""

    title = "Not enough is left of the gifts"

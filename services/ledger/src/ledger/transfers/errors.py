"""Problems of transfers."""

from chassis.problems import Forbidden, Missing, Refused


class NoSuchTransfer(Missing):
    """There is no such transfer, or it concerns somebody else."""

    title = "There is no such transfer"


class NotAMainAccount(Refused):
    """Money is sent from and to main accounts."""

    title = "Money is sent from and to main accounts"


class SameAccount(Refused):
    """The money would stay where it is."""

    title = "Both sides are the same account"


class OnlyOperatorsBackdate(Forbidden):
    """A transfer of one's own takes effect when it is posted."""

    title = "Only operators say when a transfer takes effect"


class NotReversible(Refused):
    """A process of ours counts on the transfer, and gives it back by its own way."""

    title = "This kind of transfer is not reversed by hand"


class PartOfMany(Refused):
    """A part can be given back of a transfer with two sides."""

    title = "Only the whole of this transfer can be reversed"


class BulkRefused(Refused):
    """Some transfers of an atomic bulk were refused, so none was posted."""

    title = "None of the bulk was posted"


class NoQuoteForLater(Refused):
    """A quote ends before the transfer is due: it costs what is in force then."""

    title = "A transfer for later takes no quote"


class NotRefundable(Refused):
    """A refund goes from who was paid back to the one who paid, in one asset."""

    title = "This transfer is not refunded by who got it"

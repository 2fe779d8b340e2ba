"""Problems of transfers."""

from chassis.problems import Missing, Refused


class NoSuchTransfer(Missing):
    """There is no such transfer, or it concerns somebody else."""

    title = "There is no such transfer"


class NotAMainAccount(Refused):
    """Money is sent from and to main accounts."""

    title = "Money is sent from and to main accounts"


class SameAccount(Refused):
    """The money would stay where it is."""

    title = "Both sides are the same account"


class BulkRefused(Refused):
    """Some transfers of an atomic bulk were refused, so none was posted."""

    title = "None of the bulk was posted"

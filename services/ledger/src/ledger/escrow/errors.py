"""Problems of escrow. At the message edge they are recorded as refused commands."""

from chassis.problems import Forbidden, Missing, Refused


class EscrowNotFunded(Refused):
    """There is no money in this escrow to release."""

    title = "There is no money in this escrow"


class EscrowSettled(Refused):
    """The money has gone the other way already."""

    title = "The escrow is settled"


class EscrowTermsDiffer(Refused):
    """The escrow exists with other terms."""

    title = "The escrow has other terms"


class EscrowPartsDiffer(Refused):
    """The parts of a split do not make up what is in escrow."""

    title = "The parts are not the whole"


class EscrowClosed(Refused):
    """The escrow was closed before it could be funded."""

    title = "The escrow is closed"


class NoAccountForEscrow(Missing):
    """Payer or payee has no account in the asset."""

    title = "There is no account in this asset"


class PayerIsPayee(Refused):
    """Escrow is between two people."""

    title = "Escrow is between two people"


class NoSuchEscrow(Missing):
    """There is no such escrow, or it is between others."""

    title = "There is no such escrow"


class NotThePayee(Forbidden):
    """Fees are taken out of what the payee gets, so the payee accepts their price."""

    title = "Only the payee accepts the price of a release"


class PriceAccepted(Refused):
    """The payee accepted another quote before; what was accepted holds."""

    title = "Another price was accepted already"

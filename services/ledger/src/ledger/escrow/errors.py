"""Problems of escrow. At the message edge they are recorded as refused commands."""

from chassis.problems import Missing, Refused


class EscrowNotFunded(Refused):
    """There is no money in this escrow to release."""

    title = "There is no money in this escrow"


class EscrowSettled(Refused):
    """The money has gone the other way already."""

    title = "The escrow is settled"


class EscrowTermsDiffer(Refused):
    """The escrow exists with other terms."""

    title = "The escrow has other terms"


class EscrowClosed(Refused):
    """The escrow was closed before it could be funded."""

    title = "The escrow is closed"


class NoAccountForEscrow(Missing):
    """Payer or payee has no account in the asset."""

    title = "There is no account in this asset"


class PayerIsPayee(Refused):
    """Escrow is between two people."""

    title = "Escrow is between two people"

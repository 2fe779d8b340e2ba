"""What one operator makes alone. Pure."""

from ledger.issuance.models import Limit
from ledger.journal.models import Transfer


def is_made_alone(wanted: Transfer, limit: Limit) -> bool:
    """Whether no second operator is needed for this issuance."""
    return made_minor(wanted) <= limit.alone_max_minor


def made_minor(wanted: Transfer) -> int:
    """How much comes into being."""
    return sum(one.amount_minor for one in wanted.movements if one.amount_minor > 0)
